import { digestOf } from '../../core/format/documents.js'
import type { History, Tree } from '../../core/ports.js'
import type { SeenSecret } from '../../core/versions/seen.js'
import { treesAnywhere } from '../documents/findVersion.js'
import { readDocument, type SecretPlace } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'

/** Finds the tree of a commit, of any branch or reflog of this clone, that has the seen state of a secret. */
export async function findSeen(
  history: History,
  place: SecretPlace,
  { secret, stages }: SeenSecret
): Promise<Tree | undefined> {
  for await (const tree of treesAnywhere(history, [place.secret, place.stages])) {
    const [document, stagesDocument] = await Promise.all([
      unlessRefused(() => readDocument(tree, 'secret', place.secret)),
      unlessRefused(() => readDocument(tree, 'stages', place.stages))
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
