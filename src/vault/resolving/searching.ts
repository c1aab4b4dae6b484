import { digestOf } from '../../core/format/documents.js'
import type { History, Tree } from '../../core/ports.js'
import type { SeenSecret } from '../../core/versions/seen.js'
import { readDocument, type SecretPlace } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'

/** The most commits that are searched for one file. */
const MAX_COMMITS = 1000

/** Finds the tree of a commit, of any branch or reflog of this clone, that has the seen state of a secret. */
export async function findSeen(
  history: History,
  place: SecretPlace,
  { secret, stages }: SeenSecret
): Promise<Tree | undefined> {
  for await (const tree of trees(history, [place.secret, place.stages])) {
    const [document, stagesDocument] = await Promise.all([
      readDocument(tree, 'secret', place.secret).catch(ignoreRefusal),
      readDocument(tree, 'stages', place.stages).catch(ignoreRefusal)
    ])
    const isSeen =
      document &&
      stagesDocument &&
      digestOf(document) === secret.digest &&
      digestOf(stagesDocument) === stages.digest
    if (isSeen) return tree
  }
  return undefined
}

async function* trees(history: History, paths: readonly string[]): AsyncIterable<Tree> {
  let left = MAX_COMMITS
  for await (const commit of history.anywhere(paths)) {
    if (left-- === 0) return
    yield history.treeOf(commit)
  }
}

function ignoreRefusal(error: unknown): undefined {
  refusalOf(error)
  return undefined
}
