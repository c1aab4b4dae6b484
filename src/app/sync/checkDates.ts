import { VaultError } from '../../core/errors.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths } from '../../system/remote/history.js'
import type { Place } from '../../vault/documents/place.js'
import { readAccess } from '../../vault/memory/pin.js'
import { nothingSeen } from '../../vault/memory/seen.js'
import { aheadText, changedSecrets, datedAhead } from '../../vault/sync/changedSecrets.js'
import type { Vault } from '../../vault/vault.js'
import { View } from '../../vault/view.js'

/**
 * Looks for dates in the future in the secrets that differ between two commits: a clock is wrong then. Warns, and throws
 * `RepositoryState` for one over 24 hours ahead, unless that is accepted.
 * @param warned the names that were warned about already
 */
export async function checkDates(
  vault: Vault,
  git: GitPlace,
  { from, to }: { from: string; to: string },
  place: Place,
  { isAccepted, warned }: { isAccepted: boolean; warned: Set<string> }
): Promise<void> {
  const { repository } = vault
  const { memory } = repository
  const now = vault.clock.now()
  const tree = repository.treeOf(to)
  const { access } = await readAccess(tree, place, memory, () => vault.carriedRoot())
  const view = new View(tree, place, access, nothingSeen(), now)
  for await (const found of changedSecrets(view, await changedPaths(git, from, to, [place.folder]))) {
    const ahead = datedAhead(found, now)
    if (ahead === undefined || warned.has(ahead.name)) continue
    if (ahead.isFar && !isAccepted)
      throw new VaultError('RepositoryState', aheadText(ahead, now), {
        hint: 'nothing was merged; check this clock, or accept the date: git-vault sync --accept-clock'
      })
    warned.add(ahead.name)
    vault.notice(aheadText(ahead, now))
  }
}
