import { VaultError } from '../../core/errors.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths } from '../../system/remote/history.js'
import { nameAndRegion, readDocument, type Place } from '../../vault/documents/place.js'
import { readAccess } from '../../vault/memory/pin.js'
import { nothingSeen } from '../../vault/memory/seen.js'
import { aheadText, changedSecrets, datedAhead, entriesAhead } from '../../vault/sync/changedSecrets.js'
import type { Vault } from '../../vault/vault.js'
import { View } from '../../vault/view.js'

export interface DateOptions {
  readonly isAccepted: boolean
  /** The names that were warned about already. */
  readonly warned: Set<string>
  /** Whether the commits are about to be pushed. */
  readonly isOwn: boolean
}

/**
 * Looks for dates in the future in the secrets and the entries of the access log that differ between two commits: a clock is
 * wrong then. Warns, and throws `RepositoryState` for one over 24 hours ahead, unless that is accepted.
 */
export async function checkDates(
  vault: Vault,
  git: GitPlace,
  { from, to }: { from: string; to: string },
  place: Place,
  { isAccepted, warned, isOwn }: DateOptions
): Promise<void> {
  const { repository } = vault
  const { memory } = repository
  const now = vault.clock.now()
  const tree = repository.treeOf(to)
  const { access } = await readAccess(tree, place, memory, () => vault.carriedRoot())
  const view = new View(tree, place, access, nothingSeen(), now)
  const paths = await changedPaths(git, from, to, [place.folder])
  const tell = (ahead: ReturnType<typeof datedAhead>, repair?: string): void => {
    if (ahead === undefined || warned.has(ahead.name)) return
    if (ahead.isFar && !isAccepted)
      throw new VaultError('RepositoryState', aheadText(ahead, now), { hint: hintOf(isOwn, repair) })
    warned.add(ahead.name)
    vault.notice(aheadText(ahead, now))
  }
  if (paths.includes(place.access)) {
    const entriesOf = async (commit: string) =>
      (await readDocument(repository.treeOf(commit), 'access', place.access))?.entries ?? []
    const known = (await entriesOf(from)).length
    for (const ahead of entriesAhead(view, (await entriesOf(to)).slice(known), now)) tell(ahead)
  }
  for await (const found of changedSecrets(view, paths))
    tell(
      datedAhead(found, now),
      `git-vault repair-dates ${nameAndRegion(found.secret.name, found.secret.place)}`
    )
}

/** @param repair the command that gives the right dates */
function hintOf(isOwn: boolean, repair: string | undefined): string {
  const accept = 'git-vault sync --accept-clock'
  if (!isOwn) return `nothing was merged; check this clock, or accept the date: ${accept}`
  return repair === undefined
    ? `nothing was pushed; check this clock, or send the date: ${accept}`
    : `nothing was pushed; check this clock; if it is right: ${repair}; or send the date: ${accept}`
}
