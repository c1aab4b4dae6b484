import { DELETED_SECRET, VaultError } from '../core/errors.js'
import type { ListedSecret } from '../vault/listedSecret.js'

/** Whether the secret is scheduled for deletion. */
export function isScheduled({ document }: Pick<ListedSecret, 'document'>): boolean {
  return document.deletion?.date !== undefined
}

/** Throws InvalidRequestException if the secret is scheduled for deletion. */
export function refuseDeleted(secret: Pick<ListedSecret, 'document'>): void {
  if (!isScheduled(secret)) return
  throw new VaultError('InvalidRequestException', DELETED_SECRET)
}
