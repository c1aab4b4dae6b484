import { entryHashes } from '../../core/access/accessLog.js'
import { relate } from '../../core/access/access.js'
import type { Tree } from '../../core/ports.js'
import { readDocument, type Place } from '../documents/place.js'

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
  const hashes = async (tree: Tree): Promise<readonly string[]> => {
    const document = await readDocument(tree, 'access', place.access)
    return document ? entryHashes(document) : []
  }
  const [base, ours, theirs] = [
    await hashes(trees.base),
    await hashes(trees.ours),
    await hashes(trees.theirs)
  ]
  if (relate(theirs, ours) !== 'fork') return undefined
  const isExtended = (log: readonly string[]): boolean => relate(log, base) === 'ahead'
  return isExtended(ours) && isExtended(theirs) ? { base, ours, theirs } : undefined
}
