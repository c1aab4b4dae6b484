import { CAPS } from '../../core/format/documents.js'
import type { History, Tree } from '../../core/ports.js'
import { unlessRefused } from './refusal.js'
import { versionWithDigest } from './versionFiles.js'

/** The most commits that are searched for one file. */
const MAX_COMMITS = 1000

/** Finds a version's file by its digest, in any commit that this clone has. */
export async function findVersion(
  history: Pick<History, 'anywhere' | 'treeOf'>,
  path: string,
  digest: string
): Promise<Uint8Array | undefined> {
  for await (const tree of treesAnywhere(history, [path])) {
    const bytes = await unlessRefused(() => tree.read(path, CAPS.version.bytes))
    if (bytes && (await versionWithDigest(bytes, path, digest))) return bytes
  }
  return undefined
}

/** The trees of the newest commits, of any branch or reflog of this clone, that change one of the paths. */
export async function* treesAnywhere(
  history: Pick<History, 'anywhere' | 'treeOf'>,
  paths: readonly string[]
): AsyncIterable<Tree> {
  let left = MAX_COMMITS
  for await (const commit of history.anywhere(paths)) {
    if (left-- === 0) return
    yield history.treeOf(commit)
  }
}
