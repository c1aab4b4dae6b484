import { mayWrite } from '../../core/access/access.js'
import { resealRight } from '../../core/access/resealRight.js'
import { VaultError } from '../../core/errors.js'
import { digestOf, type StagesDocument } from '../../core/format/documents.js'
import { isSameState, knows, merge, type MergeRules } from '../../core/versions/merge.js'
import { rolledBackLabel, skipsSerials } from '../../core/versions/seen.js'
import type { Side, SignedState } from '../../core/versions/signedState.js'
import { latestStamp, noVersions, orderingTimes, stamp, type Stages } from '../../core/versions/stages.js'
import { isAhead, latestOf } from '../../core/time.js'
import type { Acceptance } from '../documents/acceptance.js'
import type { SecretPlace } from '../documents/place.js'
import { proveMoves } from '../documents/proveMoves.js'
import { refusalOf } from '../documents/refusal.js'
import { REPAIR_DATES } from '../documents/repaired.js'
import { Signer } from '../documents/signer.js'
import { stagesFields, stagesOf } from '../documents/stagesDocument.js'
import { seenMoves, SERIAL_AHEAD } from '../memory/seenState.js'
import { signedState } from './earlierStates.js'
import { MERGE } from '../documents/merged.js'
import { dateLimit, isConflict, refusedConflict, type Conflict, type EarlierStates } from './types.js'
import type { MergeContext, MergedDocument } from './types.js'

/** The stages.yaml of one secret on both sides. Only the base may be anything. */
export interface StagesSides {
  readonly place: SecretPlace
  readonly base: StagesDocument | undefined
  readonly ours: StagesDocument
  readonly theirs: StagesDocument
  readonly earlier?: EarlierStates | undefined
}

interface Accepted extends SignedState {
  readonly name: string
  readonly alias: string
}

/**
 * Merges the two documents, if they name one ARN (FORMAT.md, "Merging"). A side that is as in the base gives way
 * to the other, as in git. Verifies what it takes or signs.
 */
export async function mergeStages(
  { place, base, ours, theirs, earlier }: StagesSides,
  acceptance: Acceptance,
  context: MergeContext
): Promise<MergedDocument<StagesDocument>> {
  if (ours.secret !== theirs.secret) return { reason: 'created twice' }
  const [a, b] = [digestOf(ours), digestOf(theirs)]
  const before = base?.secret === theirs.secret ? base : undefined
  if (a === b || (before && b === digestOf(before))) return { take: 'ours' }
  const other = accepted(theirs, place, acceptance, context)
  if (isConflict(other)) return other
  const known = before ? baseState(before, place, acceptance, context) : { stages: noVersions, manages: true }
  if (before && a === digestOf(before)) return forwarded([before, known], [theirs, other], dateLimit(context))
  const own = accepted(ours, place, acceptance, context)
  if (isConflict(own)) return own
  const sides = { ours: await side(own, 'ours', earlier), theirs: await side(other, 'theirs', earlier) }
  const rules: MergeRules = {
    pruning: context.access.pruning,
    now: context.now,
    acceptsDates: context.acceptsDates,
    couldRead: resealRight(context.access, own.name)
  }
  const merged = merge(known, sides.ours, sides.theirs, rules)
  if ('conflict' in merged) return conflictOf(merged)
  if (skipsSerials(ours.signed.serial, theirs.signed.serial))
    return { reason: 'refused', detail: `${place.stages}: ${SERIAL_AHEAD}` }
  const serials = [Number(ours.signed.serial), Number(theirs.signed.serial)] as const
  if (serials[0] > serials[1] && isSameState(merged.stages, own.stages)) return { take: 'ours' }
  if (serials[1] > serials[0] && isSameState(merged.stages, other.stages)) return { take: 'theirs' }
  return sign(merged.stages, { ours, theirs }, own, context)
}

/** The state of a merge base. It may be refused, and then all that it says is asked of theirs. */
function baseState(
  document: StagesDocument,
  place: SecretPlace,
  acceptance: Acceptance,
  context: MergeContext
): SignedState {
  const known = accepted(document, place, acceptance, context)
  return isConflict(known) ? { stages: stagesOf(document), manages: true } : known
}

/** Returns `theirs`, unless it goes back behind a side that has changed nothing. */
function forwarded(
  [before, known]: readonly [StagesDocument, SignedState],
  [theirs, { stages }]: readonly [StagesDocument, SignedState],
  now: number
): MergedDocument<StagesDocument> {
  const ahead = latestOf(orderingTimes(stages))
  if (ahead !== undefined && isAhead(ahead, now)) return { reason: 'dated ahead', detail: ahead }
  const isRepair =
    theirs.signed.change.operation === REPAIR_DATES &&
    Number(theirs.signed.serial) > Number(before.signed.serial) &&
    rolledBackLabel(seenMoves(theirs), seenMoves(before)) === undefined
  return isRepair || knows(stages, known) ? { take: 'theirs' } : { reason: 'goes back' }
}

function accepted(
  document: StagesDocument,
  place: SecretPlace,
  acceptance: Acceptance,
  context: MergeContext
): Accepted | Conflict {
  try {
    return signedState(document, place, acceptance, context)
  } catch (error) {
    return refusedConflict(refusalOf(error))
  }
}

async function side(
  tip: SignedState,
  name: 'ours' | 'theirs',
  earlier: EarlierStates | undefined
): Promise<Side> {
  // a tip that counts as a whole has what came before it
  return earlier && !tip.manages ? { tip, earlier: await earlier(name) } : { tip }
}

function sign(
  stages: Stages,
  { ours, theirs }: Pick<StagesSides, 'ours' | 'theirs'>,
  { name, alias }: Accepted,
  { access, signer: writer, now }: MergeContext
): MergedDocument<StagesDocument> {
  if (!writer) return { reason: 'no signer' }
  const { member } = writer
  if (!mayWrite(member, alias, ['encrypt', 'manage'], access.entries.length))
    return { reason: 'no right', detail: `${member.name} may not write to it` }
  const signer = new Signer(writer, MERGE)
  const serial = String(Math.max(Number(ours.signed.serial), Number(theirs.signed.serial)))
  const time = stamp(now, latestStamp(stages))
  try {
    const proved = proveMoves(stages, name, { access, secret: ours.secret, key: alias }, writer)
    const unsigned = {
      kind: 'git-vault/stages',
      format: '1',
      secret: ours.secret,
      ...stagesFields(proved),
      signed: signer.envelope(access, serial, undefined, time)
    } as const
    return { signed: signer.sign<StagesDocument>(unsigned, access) }
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'AccessDeniedException')) throw error
    return { reason: 'no right', detail: error.message }
  }
}

function conflictOf(
  merged:
    | { conflict: 'two values'; version: string }
    | { conflict: 'goes back' }
    | { conflict: 'dated ahead'; time: string }
): Conflict {
  if (merged.conflict === 'two values') return { reason: 'two values', version: merged.version }
  return merged.conflict === 'dated ahead'
    ? { reason: 'dated ahead', detail: merged.time }
    : { reason: 'goes back' }
}
