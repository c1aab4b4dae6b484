import { relate } from '../../core/access/access.js'
import type { Tree } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { logHashes } from '../documents/readLog.js'

/** Access logs that both sides have extended since their merge base. Each is the hashes of its entries. */
export interface ForkedLog {
  readonly base: readonly string[]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

/**
 * Compares the access logs of two sides, without verifying them. Returns `undefined` unless both extend the log of their
 * merge base, each in its own way. Any other pair is judged by `readAccess`.
 */
export async function forkedLog(
  place: Place,
  trees: { readonly base: Tree; readonly ours: Tree; readonly theirs: Tree }
): Promise<ForkedLog | undefined> {
  const [base, ours, theirs] = [
    await logHashes(trees.base, place),
    await logHashes(trees.ours, place),
    await logHashes(trees.theirs, place)
  ]
  if (relate(theirs, ours) !== 'fork') return undefined
  const isExtended = (log: readonly string[]): boolean => relate(log, base) === 'ahead'
  return isExtended(ours) && isExtended(theirs) ? { base, ours, theirs } : undefined
}
