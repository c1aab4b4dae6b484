import type { Place } from '../../vault/documents/place.js'
import type { ForkedLog } from '../../vault/sync/logs.js'
import type { SignedMerge } from './mergeBranches.js'

/**
 * Merges two branches that have both extended the access log. There is no rule for that, because order is authority: our
 * own entries have to be made again after theirs.
 */
export async function reapply(place: Place, { base, ours, theirs }: ForkedLog): Promise<SignedMerge> {
  const [own, other] = [ours.length - base.length, theirs.length - base.length]
  const detail = `${own} ${own === 1 ? 'entry' : 'entries'} here and ${other} there`
  const conflict = { path: place.access, name: place.access, reason: 'log forked', detail } as const
  return { files: new Map(), decisions: [], conflicts: [conflict] }
}
