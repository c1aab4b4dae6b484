import type { AccessDocument } from '../../core/format/documents.js'
import type { Tree } from '../../core/ports.js'
import { findPlace, VAULTRC } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { readAccess, type PinnedAccess } from '../memory/pin.js'
import { nothingSeen, Seen } from '../memory/seen.js'
import type { Vault } from '../vault.js'
import { View } from '../view.js'
import type { FileConflict } from './mergeFolderDocuments.js'
import { mergeLogs, readLogBytes } from './mergeLogs.js'

/** The two sides of a merge, opened under the newest access log of the two. */
export interface Sides {
  readonly base: View | undefined
  readonly ours: View
  readonly theirs: View
  /** The newer log of the two trees, and its bytes. The views' `access` is newer still if this clone has seen more. */
  readonly log: AccessDocument
  readonly bytes: Uint8Array
  /** Pins the newer log. To be called once the merge is committed; absent if the clone has verified it already. */
  readonly pin?: () => Promise<void>
}

/**
 * Opens both sides of a merge. Checks both access logs against the pin, and that one continues the other; otherwise returns
 * a conflict `log forked`. Pins nothing. Throws as `readAccess` if our own log is refused or not trusted.
 * @param branch whose states the result must not go back behind; `undefined` for none
 */
export async function openSides(
  vault: Vault,
  trees: { readonly base: Tree | undefined; readonly ours: Tree; readonly theirs: Tree },
  branch: string | undefined
): Promise<Sides | FileConflict> {
  const place = await findPlace(trees.ours)
  const { repository, baseline } = vault
  const { memory } = repository
  const root = () => vault.carriedRoot()
  const own = await readAccess(trees.ours, place, memory, root)
  const other = await readLogBytes(trees.theirs, place.access)
  if (!other)
    return {
      reason: 'refused',
      path: VAULTRC,
      detail: `the other branch has no vault in the folder ${place.folder}`
    }
  let newest: PinnedAccess = own
  try {
    const merged = await mergeLogs(own.bytes, other, place.access)
    if ('reason' in merged) return { ...merged, path: place.access }
    if (merged.take === 'theirs') newest = await readAccess(trees.theirs, place, memory, root)
  } catch (error) {
    return { reason: 'log forked', path: place.access, detail: refusalOf(error).message }
  }
  // the pin may be newer than both
  const { access } = newest.access.entries.length >= own.access.entries.length ? newest : own
  const now = vault.clock.now()
  const open = (tree: Tree, seen: Seen) => new View(tree, place, access, seen, now)
  const anywhere = nothingSeen()
  return {
    base: trees.base && open(trees.base, anywhere),
    ours: open(trees.ours, new Seen(memory, branch, baseline)),
    theirs: open(trees.theirs, anywhere),
    log: newest.log,
    bytes: newest.bytes,
    ...(newest.pin ? { pin: newest.pin } : {})
  }
}
