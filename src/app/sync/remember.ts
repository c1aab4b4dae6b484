import { VaultError } from '../../core/errors.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths } from '../../system/remote/history.js'
import { nameAndRegion, type Place } from '../../vault/documents/place.js'
import { readAccess } from '../../vault/memory/pin.js'
import { Seen } from '../../vault/memory/seen.js'
import { catchUp } from '../../vault/verify/catchUp.js'
import { changedSecrets, rememberSecret } from '../../vault/sync/changedSecrets.js'
import type { Vault } from '../../vault/vault.js'
import { View } from '../../vault/view.js'

/**
 * Stores in this clone's memory what was merged: the access log, and the states of the secrets that differ between two
 * commits. If the memory cannot be written, warns: the merge stands, and the next read stores it.
 */
export async function remember(
  vault: Vault,
  git: GitPlace,
  { from, to, branch }: { from: string; to: string; branch: string },
  place: Place
): Promise<void> {
  const { repository } = vault
  const { memory } = repository
  const tree = repository.treeOf(to)
  try {
    const { access, pin } = await readAccess(tree, place, memory, () => vault.carriedRoot())
    await pin?.()
    const view = new View(tree, place, access, new Seen(memory, branch), vault.clock.now())
    for await (const found of changedSecrets(view, await changedPaths(git, from, to, [place.folder]))) {
      if (await rememberSecret(found)) continue
      // git may have merged several states at once
      if (await catchUp(repository, found.view, found.view.seen, found.secret)) continue
      const { name, place: at } = found.secret
      vault.notice(
        `${name} is older than the state that this clone has seen; if this is intended: git-vault trust ${nameAndRegion(name, at)}`
      )
    }
  } catch (error) {
    if (!(error instanceof VaultError && ['FileFailed', 'RepositoryBusy'].includes(error.code))) throw error
    vault.notice(`this clone cannot remember what it has merged: ${error.message}`)
  }
}
