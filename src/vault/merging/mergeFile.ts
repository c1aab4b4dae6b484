import {
  digestOf,
  formatDocument,
  parseDocument,
  type SecretDocument,
  type StagesDocument
} from '../../core/format/documents.js'
import { newerEntry, isSameValue } from '../../core/versions/merge.js'
import { laterIncarnation } from '../../core/versions/mergeSecret.js'
import { resealRight } from '../../core/access/resealRight.js'
import { parseArn } from '../../core/service/name.js'
import type { Tree } from '../../core/ports.js'
import type { Acceptance } from '../documents/acceptance.js'
import { ownerOf } from '../documents/owner.js'
import { readDocument, type Place, type SecretPlace } from '../documents/place.js'
import { refusalOf, unlessRefused } from '../documents/refusal.js'
import { stagesOf } from '../documents/stagesDocument.js'
import { keyAtPath, mergeKeys } from './mergeKey.js'
import { mergeSecretDocuments } from './mergeSecretDocument.js'
import { mergeStages } from './mergeStages.js'
import { isConflict, refusedConflict } from './types.js'
import type { Conflict, EarlierStates, MergeConflict, MergeContext, SideName } from './types.js'

/** One file of a vault that both sides of a merge have changed, as git gives it to a merge driver. */
export interface FileInput {
  /** Relative to the repository's root. */
  readonly path: string
  /** `undefined` if the merge base has no such file. Needs no trust. */
  readonly base: Uint8Array | undefined
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
  /** Trees that may be the side's: they are only asked for what the file itself does not say. */
  readonly trees: Readonly<Record<SideName, readonly Tree[]>>
  readonly earlier?: ((side: SideName, place: SecretPlace) => ReturnType<EarlierStates>) | undefined
}

interface Sides<D> {
  readonly base: D | undefined
  readonly ours: D
  readonly theirs: D
}

/**
 * Merges one file by itself (FORMAT.md, "Merging"), except for the access log. Returns its bytes, or a conflict. What it
 * signs it has verified.
 */
export async function mergeFile(
  input: FileInput,
  vault: Place,
  acceptance: Acceptance,
  context: MergeContext
): Promise<{ readonly bytes: Uint8Array } | MergeConflict> {
  const { path } = input
  const merged = await mergeKind(input, vault, acceptance, context).catch(
    (error: unknown): Named<Conflict> => ({ name: path, ...refusedConflict(refusalOf(error)) })
  )
  if (isConflict(merged)) return { ...merged, path }
  return 'take' in merged ? { bytes: input[merged.take] } : merged
}

type Named<C> = C & { readonly name: string }
type Result = { readonly take: SideName } | { readonly bytes: Uint8Array } | Named<Conflict>

async function mergeKind(
  input: FileInput,
  vault: Place,
  acceptance: Acceptance,
  context: MergeContext
): Promise<Result> {
  const { path } = input
  const at = keyAtPath(path, context, vault)
  if (at) {
    const { ours, theirs } = await parseSides(input, 'key')
    const merged = mergeKeys(path, ours, theirs, acceptance, context, at)
    if (isConflict(merged)) return { ...merged, name: at.key.alias }
    return 'take' in merged ? merged : { bytes: formatDocument('key', merged.signed, path) }
  }
  const folder = ownerOf(path, vault.folder)
  const file = path.slice(folder.length + 1)
  if (file === 'secret.yaml') {
    const sides = await parseSides(input, 'secret')
    const place = placeIn(folder, sides.ours.arn, vault, context)
    const merged = mergeSecretDocuments({ place, ...sides }, acceptance, context)
    if (isConflict(merged)) return { ...merged, name: sides.ours.name }
    return 'take' in merged ? merged : { bytes: formatDocument('secret', merged.signed, path) }
  }
  if (file === 'stages.yaml') return mergeStagesFile(input, folder, vault, acceptance, context)
  if (file.startsWith('versions/')) return mergeVersion(input, folder, vault, context)
  return { reason: 'removed and changed', name: path, detail: 'both sides have changed it' }
}

async function mergeStagesFile(
  input: FileInput,
  folder: string,
  vault: Place,
  acceptance: Acceptance,
  context: MergeContext
): Promise<Result> {
  const sides = await parseSides(input, 'stages')
  const { name } = parseArn(sides.ours.secret)
  const place = placeIn(folder, sides.ours.secret, vault, context)
  if (sides.ours.secret !== sides.theirs.secret) {
    const take = await laterSide(sides, place, input.trees, acceptance)
    return take ? { take } : { reason: 'created twice', name }
  }
  const { earlier } = input
  const merged = await mergeStages(
    { place, ...sides, earlier: earlier && (side => earlier(side, place)) },
    acceptance,
    context
  )
  if (isConflict(merged)) return { ...merged, name }
  return 'take' in merged ? merged : { bytes: formatDocument('stages', merged.signed, input.path) }
}

/** Of two secrets that had one name, the side of the one that stays; `undefined` if a person has to decide. */
async function laterSide(
  { base, ours, theirs }: Sides<StagesDocument>,
  place: SecretPlace,
  trees: FileInput['trees'],
  acceptance: Acceptance
): Promise<SideName | undefined> {
  const own = await secretOf(ours.secret, place, trees.ours, acceptance)
  const other = await secretOf(theirs.secret, place, trees.theirs, acceptance)
  if (!own || !other) return undefined
  acceptance.stagesAlone(ours, place)
  acceptance.stagesAlone(theirs, place)
  const later = laterIncarnation(base && { arn: base.secret }, own, other)
  return later && (later === own ? 'ours' : 'theirs')
}

/** Returns the accepted secret.yaml with that ARN in one of the trees. */
async function secretOf(
  arn: string,
  place: SecretPlace,
  trees: readonly Tree[],
  acceptance: Acceptance
): Promise<SecretDocument | undefined> {
  for (const tree of trees) {
    const document = await unlessRefused(() => readDocument(tree, 'secret', place.secret))
    if (document?.arn !== arn) continue
    acceptance.secret(document, place)
    return document
  }
  return undefined
}

/**
 * Chooses between two ciphertexts of one version as the merge of stages.yaml does. If the trees do not say which comes
 * later, ours stays, and the next write puts the right one in its place.
 */
async function mergeVersion(
  input: FileInput,
  folder: string,
  vault: Place,
  context: MergeContext
): Promise<Result> {
  const { ours, theirs } = await parseSides(input, 'version')
  const { name } = parseArn(ours.secret)
  if (ours.secret !== theirs.secret) return { take: 'ours' }
  const place = vault.secretIn(folder)
  const entryOf = async (digest: string, trees: readonly Tree[]) => {
    for (const tree of trees) {
      const document = await unlessRefused(() => readDocument(tree, 'stages', place.stages))
      const entry = document && stagesOf(document).versions.get(ours.version)
      if (entry?.digest === digest) return entry
    }
    return undefined
  }
  const own = await entryOf(digestOf(ours), input.trees.ours)
  const other = await entryOf(digestOf(theirs), input.trees.theirs)
  if (!own || !other) return { take: 'ours' }
  if (!isSameValue(own, other, resealRight(context.access, name)))
    return { reason: 'two values', version: ours.version, name }
  return { take: newerEntry(own, other) === own ? 'ours' : 'theirs' }
}

function placeIn(folder: string, arn: string, vault: Place, { access }: MergeContext): SecretPlace {
  const { region } = parseArn(arn)
  return vault.inRegion(region === access.region ? undefined : region).secretIn(folder)
}

/** Parses both sides, and the base unless it is malformed. */
async function parseSides<K extends 'key' | 'secret' | 'stages' | 'version'>(
  { path, base, ours, theirs }: FileInput,
  kind: K
) {
  return {
    base: base && (await unlessRefused(() => parseDocument(kind, base, path))),
    ours: await parseDocument(kind, ours, path),
    theirs: await parseDocument(kind, theirs, path)
  }
}
