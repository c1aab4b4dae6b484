import { digestOf, type SecretDocument, type StagesDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { compareSecret, type SeenMoves, type SeenSecret } from '../../core/versions/seen.js'
import { isRemovedByPut } from '../../core/versions/signedState.js'
import { AWSCURRENT, AWSPREVIOUS } from '../../core/versions/stages.js'
import type { Time } from '../../core/time.js'
import { REPAIR_DATES } from '../documents/repaired.js'
import type { Refusal } from './seen.js'
import { nameAndRegion, type SecretPlace } from '../documents/place.js'

/** The two documents of a secret whose state is remembered. */
interface Documents {
  readonly document: SecretDocument
  readonly stagesDocument: StagesDocument
  /** Whether the signer of stages.yaml holds `manage`. Left out: as if they did, for a state that is not remembered. */
  readonly manages?: boolean
}

/** A secret that is in an older state than this clone has seen. A rollback can make that state everybody's. */
export class OlderState extends VaultError {}

/** Returns the error for a secret that is older than what this clone has seen, or contradicts it. */
export function rollbackRefusal(
  { name, place }: { name: string; place: SecretPlace },
  { age, document, label, isPolicy = false }: Refusal
): VaultError {
  const id = nameAndRegion(name, place)
  if (label !== undefined)
    return new VaultError(
      'DocumentRefused',
      `${place[document]}: ${label} of ${name} has an older move than this clone has seen on this branch`,
      { hint: `keep the newer move with: git-vault resolve ${id}` }
    )
  if (isPolicy)
    return new VaultError(
      'DocumentRefused',
      `${place[document]}: the policy of ${name} is older than this clone has seen on this branch`,
      { hint: `if this is intended: git-vault trust ${id}` }
    )
  if (age === 'ahead')
    return new VaultError('DocumentRefused', `${place[document]}: ${SERIAL_AHEAD}`, {
      hint: `keep the state that this clone has seen with: git-vault resolve ${id}`
    })
  if (age === 'older')
    return new OlderState(
      'DocumentRefused',
      `${place[document]}: an older state of ${name} than this clone has seen on this branch`,
      {
        hint: `keep the newer state with: git-vault resolve ${id}; or go back for everyone with: git-vault rollback ${id}`
      }
    )
  return new VaultError(
    'DocumentRefused',
    `${place[document]}: a state of ${name} that contradicts one this clone has seen on this branch`,
    { hint: `join both states with: git-vault resolve ${id}` }
  )
}

/** Why a document is refused whose serial nobody could follow for long. */
export const SERIAL_AHEAD = 'its serial is over a million after the one before'

export function sameState(a: Documents, b: Documents): boolean {
  return compareSecret(seenState(a), seenState(b)) === 'same'
}

/** Returns the state of an accepted secret that a clone remembers. */
export function seenState({
  document,
  stagesDocument,
  manages
}: Documents): SeenSecret & { readonly moves: SeenMoves } {
  const state = (signed: SecretDocument | StagesDocument) => ({
    serial: signed.signed.serial,
    digest: digestOf(signed)
  })
  return {
    arn: document.arn,
    created: document.created,
    secret: state(document),
    stages: state(stagesDocument),
    moves: seenMoves(stagesDocument, manages),
    ...(document.policy ? { policy: document.policy.changed } : {})
  }
}

/** The moves of an accepted stages.yaml. @param manages whether its signer holds `manage` */
export function seenMoves(
  { labels, removed = {}, forgotten, signed }: StagesDocument,
  manages = true
): SeenMoves {
  const times = Object.create(null) as Record<string, Time>
  const deleted = Object.create(null) as Record<string, Time>
  const current = labels[AWSCURRENT]
  for (const [label, time] of Object.entries(removed))
    if (manages || isRemovedByPut(label, time, current)) times[label] = time
    else deleted[label] = time
  for (const [label, { moved }] of Object.entries(labels))
    if ((times[label] ?? '') < moved) times[label] = moved
  if (current && (times[AWSPREVIOUS] ?? '') < current.moved) times[AWSPREVIOUS] = current.moved
  const moves = current?.before ? [current, current.before] : current ? [current] : []
  const { operation, time } = signed.change
  const marks = forgotten === undefined ? {} : { forgotten }
  const hasDeleted = !manages && (forgotten !== undefined || Object.keys(deleted).length > 0)
  return {
    labels: times,
    ...(operation === REPAIR_DATES ? { repaired: time } : {}),
    ...(manages ? marks : {}),
    ...(hasDeleted ? { deleted: { labels: deleted, ...marks } } : {}),
    ...(moves.length === 0 ? {} : { current: moves.map(({ version, moved }) => ({ version, moved })) })
  }
}

/** The digest of what a removed secret's documents are followed by. */
export const REMOVED = 'removed'

/** Returns the state to remember of a removed secret. Its old files, if they are put back, are older than this state. */
export function removedState({ secret, stages, ...state }: SeenSecret): SeenSecret {
  const after = (serial: string) => ({ serial: String(Number(serial) + 1), digest: REMOVED })
  return { ...state, secret: after(secret.serial), stages: after(stages.serial) }
}
