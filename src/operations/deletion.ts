import { VaultError } from '../core/errors.js'
import type { Secret } from '../vault/view.js'

/** Throws InvalidRequestException where the secret is scheduled for deletion. */
export function refuseDeleted({ document }: Secret): void {
  if (!document.deletion) return
  throw new VaultError(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion."
  )
}
