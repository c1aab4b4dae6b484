import { relate, type Relation } from '../../core/access/access.js'
import { entryHashes } from '../../core/access/accessLog.js'
import { CAPS, parseDocument } from '../../core/format/documents.js'
import type { Tree } from '../../core/ports.js'
import type { Conflict, SideName } from './types.js'

/**
 * Compares two access logs by their entries' hashes: the one that extends the other is taken, and there is no other merge
 * (FORMAT.md, "Merging"). Verifies neither. Throws `DocumentRefused` if one is malformed.
 */
export async function mergeLogs(
  ours: Uint8Array,
  theirs: Uint8Array,
  path: string
): Promise<{ readonly take: SideName } | Conflict> {
  const [own, other] = [
    await parseDocument('access', ours, path),
    await parseDocument('access', theirs, path)
  ]
  const relation: Relation = relate(await entryHashes(other), await entryHashes(own))
  if (relation === 'same' || relation === 'behind') return { take: 'ours' }
  if (relation === 'ahead') return { take: 'theirs' }
  return { reason: 'log forked', ...(relation === 'foreign' ? { detail: 'it is another vault' } : {}) }
}

export async function readLogBytes(tree: Tree, path: string): Promise<Uint8Array | undefined> {
  return tree.read(path, CAPS.access.bytes)
}
