import { CAPS, digestOf, parseDocument } from '../../core/format/documents.js'
import type { History } from '../../core/ports.js'
import { refusalOf } from './refusal.js'

/** The most commits that are searched for one file. */
const MAX_COMMITS = 1000

/** Finds a version's file by its digest, in any commit that this clone has. */
export async function findVersion(
  history: Pick<History, 'anywhere' | 'treeOf'>,
  path: string,
  digest: string
): Promise<Uint8Array | undefined> {
  let left = MAX_COMMITS
  for await (const commit of history.anywhere([path])) {
    if (left-- === 0) return undefined
    try {
      const bytes = await history.treeOf(commit).read(path, CAPS.version.bytes)
      if (bytes && digestOf(await parseDocument('version', bytes, path)) === digest) return bytes
    } catch (error) {
      refusalOf(error)
    }
  }
  return undefined
}
