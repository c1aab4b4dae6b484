import { isSameBytes } from '../../core/format/parseCache.js'
import type { Tree } from '../../core/ports.js'
import { noVersions, type Stages } from '../../core/versions/stages.js'
import { secretFolderOf, type SecretPlace } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { isFarAhead, latestDate } from '../documents/secretTimes.js'
import { stagesOf } from '../documents/stagesDocument.js'
import { seenState } from '../memory/seenState.js'
import type { View } from '../view.js'
import { decisionOf } from './decision.js'
import { idIn, readFolder, type Folder } from './folder.js'
import { mergeFolderDocuments, type FileConflict, type Folders, type Pair } from './mergeFolderDocuments.js'
import { dateLimit, isConflict, refusedConflict } from './types.js'
import type { EarlierStates, MergeConflict, MergeContext, MergeDecision } from './types.js'
import { versionFiles } from '../documents/versionFiles.js'

export interface FolderInput {
  /** The region in it does not matter: the documents name theirs. */
  readonly place: SecretPlace
  readonly base: Tree | undefined
  /** Both are opened under `context.access`. The result does not go back behind what `ours` has seen. */
  readonly ours: View
  readonly theirs: View
  readonly context: MergeContext
  readonly earlier?: EarlierStates | undefined
  /** Whether our own access log lacks entries of `context.access`. Then our documents may be refused by the merge. */
  readonly isLogExtended?: boolean
  /** Tells whether the sides may differ in a file. Left out: in any. */
  readonly mayDiffer?: ((path: string) => boolean) | undefined
  /** Finds a version's file that none of the three trees has. */
  readonly restore?: ((path: string, digest: string) => Promise<Uint8Array | undefined>) | undefined
}

/** The merge of one secret's files, without replica.yaml. */
export interface FolderMerge {
  /** Against ours: path to new bytes; `null` removes the file. Empty if there is a conflict. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  /** Absent if ours stays as it is. */
  readonly decision?: MergeDecision
  readonly conflict?: MergeConflict
}

/**
 * Merges the files of one secret (FORMAT.md, "Merging"). Signs nothing that it has not verified. The result is accepted
 * under the newest access log, and its versions have the files that stages.yaml lists; otherwise there is a conflict.
 */
export async function mergeSecretFolder(input: FolderInput): Promise<FolderMerge> {
  const { ours: view } = input
  const folders = await readFolders(input)
  const { base, ours, theirs } = folders
  const id = idIn([ours, theirs, base])
  const place = { ...input.place, region: id?.region === view.access.region ? undefined : id?.region }
  const name = id?.name ?? place.secret
  const conflict = ({ path, ...found }: FileConflict): FolderMerge => ({
    files: new Map(),
    conflict: { ...found, path, name, region: place.region }
  })

  const { acceptance } = view
  const merged = await mergeFolderDocuments(folders, place, acceptance, input.context, input.earlier)
  if (typeof merged === 'object' && isConflict(merged)) return conflict(merged)
  const isOurs = merged === 'ours'
  const pair = isOurs ? pairOf(ours) : merged === 'removed' ? undefined : merged
  const refused =
    pair && (!isOurs || input.isLogExtended) ? await refusal(pair, place, input, isOurs) : undefined
  if (refused) return conflict(refused)
  // our own broken documents stay as they are
  if (isOurs && !pair && ours.stages.bytes) return { files: new Map() }

  const stages = pair ? stagesOf(pair.stages.document) : noVersions
  const files = new Map<string, Uint8Array | null>()
  setFile(files, place.secret, pair?.secret.bytes, ours.secret.bytes)
  setFile(files, place.stages, pair?.stages.bytes, ours.stages.bytes)
  const versions = await versionFiles(
    { place, document: pair?.secret.document ?? { arn: '', name }, stages },
    [base, ours, theirs].flatMap(folder => Object.keys(folder.stages.document?.versions ?? {})),
    {
      present: view.tree,
      others: [input.theirs.tree, ...(input.base ? [input.base] : [])],
      restore: input.restore
    },
    acceptance,
    input.mayDiffer ?? (() => true),
    (id, { digest }) => ours.stages.document?.versions[id]?.digest !== digest
  ).catch((error: unknown) => refusedConflict(refusalOf(error)))
  if ('reason' in versions) return conflict({ ...versions, path: place.stages })
  for (const [path, bytes] of versions) files.set(path, bytes)
  if (files.size === 0) return { files }
  const about = { name, path: secretFolderOf(place), result: pair ? resultOf(pair) : 'removed' } as const
  const around = { ours: stagesIn(ours), theirs: stagesIn(theirs), merged: stages }
  return { files, decision: decisionOf(about, around, input.context.access) }
}

async function readFolders({ place, base, ours, theirs }: FolderInput): Promise<Folders> {
  const [a, b, c] = await Promise.all([
    readFolder(base, place),
    readFolder(ours.tree, place),
    readFolder(theirs.tree, place)
  ])
  return { base: a, ours: b, theirs: c }
}

/** Returns why a reader of the merged tree would refuse the pair. */
async function refusal(
  { secret, stages }: Pair,
  place: SecretPlace,
  { ours: { acceptance, seen }, context }: FolderInput,
  isOurs: boolean
): Promise<FileConflict | undefined> {
  let path = place.secret
  let state: Stages
  try {
    const key = acceptance.secret(secret.document, place)
    path = place.stages
    state = acceptance.stages(stages.document, place, { arn: secret.document.arn, key })
  } catch (error) {
    return { ...refusedConflict(refusalOf(error)), path }
  }
  if (isOurs) return undefined
  const dated = { document: secret.document, stages: state }
  if (isFarAhead(dated, dateLimit(context)))
    return { reason: 'dated ahead', path, detail: latestDate(dated) ?? '' }
  const older = await seen.refusal(seenState({ document: secret.document, stagesDocument: stages.document }))
  return older ? { reason: 'goes back', path: place[older.document] } : undefined
}

/** Our two documents, unless one of them is missing or malformed. */
function pairOf({ secret, stages }: Folder): Pair | undefined {
  if (!secret.document || !secret.bytes || !stages.document || !stages.bytes) return undefined
  return {
    secret: { bytes: secret.bytes, document: secret.document, from: 'ours' },
    stages: { bytes: stages.bytes, document: stages.document, from: 'ours' }
  }
}

function resultOf({ secret, stages }: Pair): MergeDecision['result'] {
  return secret.from === stages.from ? secret.from : 'joined'
}

function stagesIn({ stages }: Folder): Stages | undefined {
  return stages.document && stagesOf(stages.document)
}

function setFile(
  files: Map<string, Uint8Array | null>,
  path: string,
  bytes: Uint8Array | undefined,
  present: Uint8Array | undefined
): void {
  if (bytes && !(present && isSameBytes(bytes, present))) files.set(path, bytes)
  else if (!bytes && present) files.set(path, null)
}
