import { foldLogInTurns } from '../../core/access/accessLog.js'
import type { Access } from '../../core/access/access.js'
import type { AccessDocument } from '../../core/format/documents.js'
import { findPlace, VAULTRC, type Place } from '../documents/place.js'
import { readAccess } from '../memory/pin.js'
import { nothingSeen } from '../memory/seen.js'
import type { Vault } from '../vault.js'
import { View } from '../view.js'
import type { Ends } from './revisions.js'

/** One of two commits that are compared. Without `view` it has no vault. */
export interface SideOfDiff {
  /** Under the newest access log of both. */
  readonly view?: View
  /** Under the commit's own log, which accepts what a member signed who may no longer sign it. */
  readonly ownView?: View
  /** The commit's own log, which may be older. */
  readonly log?: { readonly document: AccessDocument; readonly access: Access }
}

/**
 * Opens both commits under the newest of their access logs, which must be part of one history with the log that this clone
 * has verified. Throws as `readAccess`.
 */
export async function openSides(
  vault: Vault,
  { from, to }: Ends,
  home: View
): Promise<[SideOfDiff, SideOfDiff]> {
  const found = [await read(vault, from, home.place), await read(vault, to, home.place)] as const
  const newest = [home.access, ...found.map(side => side?.newest)].reduce<Access>(
    (best, access) => (access && access.entries.length > best.entries.length ? access : best),
    home.access
  )
  const open = (side: (typeof found)[number]): SideOfDiff => {
    if (!side) return {}
    const { tree, log } = side
    const under = (access: Access): View => new View(tree, home.place, access, nothingSeen(), 0)
    return { view: under(newest), ownView: under(log.access), log }
  }
  return [open(found[0]), open(found[1])]
}

async function read(vault: Vault, commit: string | undefined, place: Place) {
  if (commit === undefined) return undefined
  const { repository } = vault
  const tree = repository.treeOf(commit)
  if (!(await tree.read(VAULTRC, 1 << 16))) return undefined
  const { folder } = await findPlace(tree)
  if (folder !== place.folder || !(await tree.read(place.access, 4 << 20))) return undefined
  const { access, log } = await readAccess(tree, place, repository.memory, async () => vault.carriedRoot())
  const own =
    access.entries.length === log.entries.length ? access : await foldLogInTurns(log, place.access, Infinity)
  return { tree, newest: access, log: { document: log, access: own } }
}
