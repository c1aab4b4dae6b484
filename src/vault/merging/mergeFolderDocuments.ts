import { formatDocument, type SecretDocument, type StagesDocument } from '../../core/format/documents.js'
import type { Acceptance } from '../documents/acceptance.js'
import type { SecretPlace } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { isEmpty, isSameFile, isSameFolder, type Folder, type Found } from './folder.js'
import { mergeSecretDocuments } from './mergeSecretDocument.js'
import { mergeStages } from './mergeStages.js'
import {
  isConflict,
  refusedConflict,
  type Conflict,
  type EarlierStates,
  type MergeContext,
  type MergedDocument,
  type SideName
} from './types.js'

/** A document after the merge, and the side whose file it is. */
export interface Merged<D> {
  readonly bytes: Uint8Array
  readonly document: D
  readonly from: SideName | 'joined'
}

/** The two documents of a secret after the merge. */
export interface Pair {
  readonly secret: Merged<SecretDocument>
  readonly stages: Merged<StagesDocument>
}

/** A conflict, and the file that it is in. */
export interface FileConflict extends Conflict {
  readonly path: string
}

/** The documents of a secret in three trees. */
export interface Folders {
  readonly base: Folder
  readonly ours: Folder
  readonly theirs: Folder
}

/** Ours stays as it is, the secret is removed, or these are its documents. */
export type MergedFolder = 'ours' | 'removed' | Pair | FileConflict

/** Merges the two documents of a secret. The caller must check that the pair is accepted. */
export async function mergeFolderDocuments(
  { base, ours, theirs }: Folders,
  place: SecretPlace,
  acceptance: Acceptance,
  context: MergeContext,
  earlier: EarlierStates | undefined
): Promise<MergedFolder> {
  if (isSameFolder(ours, theirs) || isSameFolder(theirs, base)) return 'ours'
  const isForward = isSameFolder(ours, base)
  if (isEmpty(theirs))
    return isForward ? 'removed' : { reason: 'removed and changed', path: place.secret, detail: THERE }
  if (isEmpty(ours) && !isForward) return { reason: 'removed and changed', path: place.secret, detail: HERE }

  const secret = await mergeFile(
    'secret',
    place.secret,
    { base: base.secret, ours: ours.secret, theirs: theirs.secret },
    sides => mergeSecretDocuments({ place, ...sides }, acceptance, context)
  )
  if (isConflict(secret)) return secret
  const sides = { base: base.stages, ours: ours.stages, theirs: theirs.stages }
  const stages = isSameSecret(ours, theirs)
    ? await mergeFile('stages', place.stages, sides, sides =>
        mergeStages({ place, earlier, ...sides }, acceptance, context)
      )
    : // another secret of the same name: nothing of the other one counts
      taken(secret.from === 'ours' ? 'ours' : 'theirs', sides, place.stages)
  return isConflict(stages) ? stages : { secret, stages }
}

const HERE = 'this branch has removed it'
const THERE = 'the other branch has removed it'

function isSameSecret(ours: Folder, theirs: Folder): boolean {
  const [a, b] = [ours.secret.document?.arn, theirs.secret.document?.arn]
  return a === undefined || b === undefined || a === b
}

interface Three<D> {
  readonly base: Found<D>
  readonly ours: Found<D>
  readonly theirs: Found<D>
}

async function mergeFile<D extends SecretDocument | StagesDocument>(
  kind: 'secret' | 'stages',
  path: string,
  files: Three<D>,
  merge: (sides: {
    base: D | undefined
    ours: D
    theirs: D
  }) => MergedDocument<D> | Promise<MergedDocument<D>>
): Promise<Merged<D> | FileConflict> {
  const { base, ours, theirs } = files
  if (isSameFile(ours, theirs) || isSameFile(theirs, base)) return taken('ours', files, path)
  if (!theirs.document || (!ours.document && isSameFile(ours, base))) return taken('theirs', files, path)
  if (!ours.document) return taken('ours', files, path)
  const merged = await merge({ base: base.document, ours: ours.document, theirs: theirs.document })
  if (isConflict(merged)) return { ...merged, path }
  if ('take' in merged) return taken(merged.take, files, path)
  try {
    return { bytes: formatDocument(kind, merged.signed, path), document: merged.signed, from: 'joined' }
  } catch (error) {
    // together they are over a limit
    return { ...refusedConflict(refusalOf(error)), path }
  }
}

/** Returns a side's document. A conflict if it has none. */
function taken<D>(side: SideName, files: Three<D>, path: string): Merged<D> | FileConflict {
  const { bytes, document, refused } = files[side]
  if (bytes && document) return { bytes, document, from: side }
  return { ...(refused ?? { reason: 'refused', detail: `${path}: missing` }), path }
}
