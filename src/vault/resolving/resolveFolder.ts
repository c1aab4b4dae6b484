import { CAPS, digestOf } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import { compareSecret, skippedSerials, type SeenSecret } from '../../core/versions/seen.js'
import { AWSCURRENT, hasNoValue, type Stages } from '../../core/versions/stages.js'
import { seenState, SERIAL_AHEAD } from '../memory/seenState.js'
import { conflictText } from '../merging/conflictText.js'
import { includes } from '../verify/inclusion.js'
import { View, type Secret } from '../view.js'
import type { Place } from '../documents/place.js'
import { adoptNote } from './adoptNote.js'
import { currentOf, movedBack, shownSide } from './choices.js'
import { joinSides } from './joinSides.js'
import { unlessRefused } from '../documents/refusal.js'
import { openCandidate, viewsUnder, type Opened, type OpenedSecret } from './openCandidate.js'
import { Overlay } from '../documents/overlay.js'
import { shownLabels } from './shownLabels.js'
import { signedSecret, signedStages } from './signing.js'
import {
  answerId,
  type Answers,
  type FolderOutcome,
  type FolderSides,
  type Question,
  type ResolveContext
} from './types.js'

export interface ResolveFolderInput {
  readonly sides: FolderSides
  readonly place: Place
  readonly context: ResolveContext
  readonly answers: Answers
  /** Finds a version's file that no side has. */
  readonly restore: (path: string, digest: string) => Promise<Uint8Array | undefined>
}

/** A refused state's serial counts up to this step: its signer may have written any number there. */
const MAX_SERIAL_STEP = 1000

/**
 * Joins all states of one secret that are accepted under the newest access log, and signs a state that follows them.
 * Nothing is signed that was not verified. Returns a question if only a person can decide.
 */
export async function resolveFolder(input: ResolveFolderInput): Promise<FolderOutcome> {
  const { sides, context, place } = input
  const { folder } = sides
  const open = viewsUnder(context.access, place, context.now)
  const opened: Opened[] = []
  for (const candidate of sides.candidates) opened.push(await openCandidate(candidate, folder, open))
  refuseAhead(opened)
  const accepted = opened.filter((one): one is OpenedSecret => one.secret !== undefined)
  const [first, ...others] = accepted
  const notes: string[] = []
  for (const one of opened) {
    if (one.refused !== undefined) notes.push(`${one.label}: ${one.refused}`)
    const adopt = await adoptNote(one, folder, context.access)
    if (adopt !== undefined) notes.push(adopt)
  }
  if (!first) return noState(sides, notes)
  const { name } = first.secret
  try {
    return await resolveAccepted({ ...input, name, open, first, others, notes })
  } catch (error) {
    if (!(error instanceof VaultError) || !OWN_ERRORS.includes(error.code)) throw error
    const { message, hint } = error
    return { unresolved: { folder, name, why: message, ...(hint === undefined ? {} : { hint }) } }
  }
}

const OWN_ERRORS: readonly string[] = [
  'AccessDeniedException',
  'DecryptionFailure',
  'DocumentRefused',
  'RepositoryState',
  'ResourceNotFoundException'
]

interface Accepted extends ResolveFolderInput {
  readonly name: string
  readonly open: (tree: Tree) => View
  readonly first: OpenedSecret
  readonly others: readonly OpenedSecret[]
  readonly notes: readonly string[]
}

/** Refuses the states with a serial that is implausibly far after another one's: see `skippedSerials`. */
function refuseAhead(opened: Opened[]): void {
  const states = opened.flatMap(({ secret }) => (secret ? [seenState(secret)] : []))
  for (const [index, { secret, ...candidate }] of opened.entries()) {
    const own = secret && seenState(secret)
    if (own && states.some(other => skippedSerials(own, other)))
      opened[index] = { ...candidate, refused: SERIAL_AHEAD }
  }
}

async function resolveAccepted(input: Accepted): Promise<FolderOutcome> {
  const { sides, context, answers, open, first, others, name, notes } = input
  const { folder } = sides
  if (sides.isRemoved) {
    const answer = answers.get(answerId({ folder, reason: 'removed and changed' }))
    if (!answer) return { question: removedQuestion(input) }
    if (answer === 'theirs')
      return { resolved: { folder, name, files: new Map(), labels: [], notes: ['removed'] } }
  }
  let joined: OpenedSecret = { ...first, tree: new Overlay(first.tree) }
  for (const other of others) {
    const outcome = await joinSides(joined, other, { ...input, folder, name, base: sides.base })
    if ('question' in outcome) return outcome
    if ('conflict' in outcome) {
      const { reason, detail } = outcome.conflict
      if (reason === 'dated ahead') {
        const { message, hint } = conflictText(outcome.conflict)
        return { unresolved: { folder, name, why: message, hint } }
      }
      return { unresolved: { folder, name, why: detail === undefined ? reason : `${reason}: ${detail}` } }
    }
    const reopened = await openCandidate({ ...joined, tree: outcome.tree }, folder, open)
    if (!reopened.secret)
      throw new VaultError('DocumentRefused', reopened.refused ?? `${folder}: the joined state is refused`)
    joined = reopened as OpenedSecret
  }
  const target = await rollbackTarget(input, joined)
  if (target && 'question' in target) return target
  const stages =
    target?.version === undefined ? joined.secret.stages : movedBack(joined.secret, target.version, context)
  const signed = follow(input, joined, stages)
  return { resolved: await resultOf({ ...input, notes }, { ...joined, tree: signed }) }
}

/** The version that AWSCURRENT goes back to, if the user has accepted it. Asks if the user has not been asked. */
async function rollbackTarget(
  { sides, open, answers, context, name, first }: Accepted,
  joined: OpenedSecret
): Promise<{ readonly version?: string } | { readonly question: Question } | undefined> {
  const { folder, revertedTo } = sides
  if (!revertedTo) return undefined
  const back = await openCandidate({ label: 'the reverted state', tree: revertedTo }, folder, open)
  if (!back.secret || back.secret.arn !== joined.secret.arn) return undefined
  const version = currentOf(back.secret)
  if (version === currentOf(joined.secret) || !includes(joined.secret, back.secret)) return undefined
  const answer = answers.get(answerId({ folder, reason: 'goes back' }))
  const newer = { ...joined, label: first.label === back.label ? 'the newer state' : joined.label }
  if (!answer)
    return {
      question: {
        ...{ reason: 'goes back', name, folder },
        sides: [
          shownSide({ ...newer, label: 'the newer state' }, currentOf(joined.secret), context),
          shownSide(back as OpenedSecret, version, context)
        ]
      }
    }
  return answer === 'theirs' ? { version } : undefined
}

/** Shows the value that AWSCURRENT was last moved to on any side: the one that would be kept. */
function removedQuestion({ sides, first, others, context, name }: Accepted): Question {
  const moved = ({ secret }: OpenedSecret): string => secret.stages.labels.get(AWSCURRENT)?.moved ?? ''
  const last = others.reduce((best, other) => (moved(other) > moved(best) ? other : best), first)
  const side = shownSide(last, currentOf(last.secret), context)
  return { reason: 'removed and changed', name, folder: sides.folder, sides: [side] }
}

/** Signs the joined state, if anybody would otherwise take it for older than a state that they have seen. */
function follow({ sides, context, first, others }: Accepted, joined: OpenedSecret, stages: Stages): Overlay {
  const { secret } = joined
  const tree = new Overlay(joined.tree)
  const all: readonly SeenSecret[] = [...sides.seen, ...others.map(other => seenState(other.secret))]
  const own = seenState(secret)
  const same = all.filter(({ arn }) => arn === own.arn)
  const isNewer = same.every(state => {
    const age = compareSecret(own, state)
    return age === 'newer' || (age === 'same' && !sides.mustSign)
  })
  const isMoved = stages !== secret.stages
  // a commit that only puts signed files together again would claim a signature that it does not have
  const isSigned = (kind: 'document' | 'stagesDocument'): boolean =>
    [first, ...others].every(other => digestOf(other.secret[kind]) !== digestOf(secret[kind]))
  const isDone = !sides.mustSign || isSigned('document') || isSigned('stagesDocument')
  if (isNewer && !isMoved && isDone) return tree
  const greatest = (kind: 'secret' | 'stages', from: number): number =>
    same
      .map(state => Number(state[kind].serial))
      .reduce((last, serial) => (serial > from + MAX_SERIAL_STEP ? last : Math.max(last, serial)), from)
  const isDue = same.some(state => {
    const difference = Number(secret.document.signed.serial) - Number(state.secret.serial)
    return difference < 0 || (difference === 0 && digestOf(secret.document) !== state.secret.digest)
  })
  let { document } = secret
  if (isDue) {
    const signed = signedSecret(secret, greatest('secret', Number(document.signed.serial)), context)
    document = signed.document
    tree.apply(new Map([[secret.place.secret, signed.bytes]]))
  }
  const serial = greatest('stages', Number(secret.stagesDocument.signed.serial))
  const signed = signedStages({ ...secret, document }, stages, serial, context)
  tree.apply(new Map([[secret.place.stages, signed.bytes]]))
  return tree
}

async function resultOf(
  { sides, open, first, restore, name, notes, others }: Accepted,
  joined: OpenedSecret
): Promise<Extract<FolderOutcome, { resolved: unknown }>['resolved']> {
  const { folder } = sides
  const opened = await openCandidate(joined, folder, open)
  if (!opened.secret) throw new VaultError('DocumentRefused', opened.refused ?? `${folder}: refused`)
  const { secret, view } = opened
  const files = new Map<string, Uint8Array>()
  const read = async (path: string, limit: number): Promise<void> => {
    const bytes = await opened.tree.read(path, limit)
    if (bytes) files.set(path, bytes)
  }
  await read(secret.place.secret, CAPS.secret.bytes)
  await read(secret.place.stages, CAPS.stages.bytes)
  const missing: string[] = []
  for (const [id, entry] of secret.stages.versions) {
    if (hasNoValue(entry)) continue
    const path = secret.place.version(id)
    const bytes = await versionBytes([joined, first, ...others], secret, id, restore)
    if (bytes) files.set(path, bytes)
    else missing.push(`the file of version ${id} is nowhere in this clone`)
  }
  const labels = shownLabels(view, secret, first.secret)
  return { folder, name, files, secret, labels, notes: [...notes, ...missing] }
}

/** The file of a version, verified, from the first place that has it. */
async function versionBytes(
  places: readonly OpenedSecret[],
  secret: Secret,
  id: string,
  restore: ResolveFolderInput['restore']
): Promise<Uint8Array | undefined> {
  const path = secret.place.version(id)
  const from = (tree: Tree, { view }: Opened): Promise<Uint8Array | undefined> =>
    unlessRefused(async () => {
      const found = new View(tree, view.place, view.access, view.seen, 0)
      return (await found.version(secret, id)) && (await tree.read(path, CAPS.version.bytes))
    })
  for (const place of places) {
    const bytes = await from(place.tree, place)
    if (bytes) return bytes
  }
  const [first] = places
  const bytes = first && (await restore(path, secret.stages.versions.get(id)?.digest ?? ''))
  if (!bytes) return undefined
  const tree = new Overlay(first.tree)
  tree.apply(new Map([[path, bytes]]))
  return from(tree, first)
}

function noState({ folder, isRemoved }: FolderSides, notes: readonly string[]): FolderOutcome {
  const name = nameOf(folder)
  // readers refuse what is left of it
  if (isRemoved) return { resolved: { folder, name, files: new Map(), labels: [], notes: ['removed'] } }
  const why = notes[0] ?? 'no accepted state of it is in this clone'
  return { unresolved: { folder, name, why } }
}

const nameOf = (folder: string): string => /\/secrets\/(.+)$/.exec(folder)?.[1] ?? folder
