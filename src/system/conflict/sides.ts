import type { Tree } from '../../core/ports.js'
import type { Place } from '../git/place.js'
import { readIndex } from '../index/gitIndex.js'
import { readHead } from '../git/head.js'
import { StageTree, type StagedFile } from './stageTree.js'

/**
 * Returns the two sides of a conflict in one of the files, as git's index has them, ours first; `[]` if none of them is in
 * conflict. Of other files, such as versions, the work tree has those of both sides.
 */
export async function readSides(
  place: Place,
  paths: readonly string[],
  workTree: Tree,
  blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
): Promise<readonly Tree[]> {
  const { oid } = await readHead(place)
  const index = await readIndex(place, oid?.length ?? 40)
  const sides = [new Map<string, StagedFile | undefined>(), new Map<string, StagedFile | undefined>()]
  for (const path of paths) {
    const entries = index.entriesAt(path).filter(({ stage }) => stage > 0)
    if (entries.length === 0) continue
    for (const [at, side] of sides.entries())
      side.set(
        path,
        entries.find(({ stage }) => stage === at + 2)
      )
  }
  return sides[0]!.size === 0 ? [] : sides.map(side => new StageTree(side, workTree, blob))
}
