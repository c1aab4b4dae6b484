import { VaultError } from '../../core/errors.js'
import type { Place } from '../../system/git/place.js'
import { setUpstream, type Upstream } from '../../system/remote/upstream.js'
import type { Vault } from '../../vault/vault.js'

/** Lets git's own commands use the upstream, too, unless the user has chosen one. */
export async function trackUpstream(git: Place, vault: Vault, upstream: Upstream): Promise<void> {
  try {
    await setUpstream(git, upstream)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    // a sync needs none
    vault.notice(`the upstream of this branch could not be set: ${error.message}`)
  }
}
