import { DELETED_SECRET, VaultError } from '../core/errors.js'
import type { Secret } from '../vault/view.js'

/** Whether the secret is scheduled for deletion. */
export function isScheduled({ document }: Secret): boolean {
  return document.deletion?.date !== undefined
}

/** Throws InvalidRequestException if the secret is scheduled for deletion. */
export function refuseDeleted(secret: Secret): void {
  if (!isScheduled(secret)) return
  throw new VaultError('InvalidRequestException', DELETED_SECRET)
}
