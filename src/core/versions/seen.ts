import { isAhead, latest, latestOf, parseTime } from '../time.js'
import { AWSCURRENT, AWSPREVIOUS } from './stages.js'

/** The newest state of one document that a clone has seen. */
export interface SeenDocument {
  readonly serial: string
  readonly digest: string
}

/**
 * The time of each label's last move or removal. An absent label was removed at `forgotten`. AWSPREVIOUS has
 * the time of the AWSCURRENT move that it follows.
 */
export interface SeenMoves {
  readonly labels: { readonly [label: string]: string }
  readonly forgotten?: string
  /** AWSCURRENT's last move and the one before. */
  readonly current?: readonly SeenMove[]
  /** When RepairDates signed this state. */
  readonly repaired?: string
  /** The removals by a signer without `manage`, which merges may leave out. They are not remembered: see `remembered`. */
  readonly deleted?: Pick<SeenMoves, 'labels' | 'forgotten'>
}

export interface SeenMove {
  readonly version: string
  readonly moved: string
}

/** The newest state of one name on one branch that a clone has seen. */
export interface SeenSecret {
  readonly arn: string
  readonly created: string
  readonly secret: SeenDocument
  readonly stages: SeenDocument
  readonly moves?: SeenMoves
  /** When the policy was last set or cleared. */
  readonly policy?: string
}

/** `older` and `fork` are refused (FORMAT.md, "When a document is accepted", 5). */
export type Comparison = 'same' | 'newer' | 'older' | 'fork'

export function compareDocument(found: SeenDocument, seen: SeenDocument): Comparison {
  const difference = Number(found.serial) - Number(seen.serial)
  if (difference !== 0) return difference > 0 ? 'newer' : 'older'
  return found.digest === seen.digest ? 'same' : 'fork'
}

/**
 * Compares both documents of a secret with what was seen, and returns the worse result. A secret that was
 * deleted and created again has another ARN. It is accepted if it was created later, so that the deleted one
 * cannot replace it.
 */
export function compareSecret(found: SeenSecret, seen: SeenSecret): Comparison {
  if (found.arn !== seen.arn) return found.created > seen.created ? 'newer' : 'older'
  const ages = [compareDocument(found.secret, seen.secret), compareDocument(found.stages, seen.stages)]
  return WORST_FIRST.find(age => ages.includes(age)) ?? 'same'
}

/** More writes than this to one secret between two states that a clone sees are not plausible. */
const MAX_SERIAL_STEP = 1_000_000

/**
 * The document whose serial is implausibly far after the other one's; `undefined` for a secret that was created anew. A
 * signer may write any serial, and after the greatest one nobody can write.
 */
export function skippedSerials(
  found: Pick<SeenSecret, 'arn' | 'secret' | 'stages'>,
  seen: Pick<SeenSecret, 'arn' | 'secret' | 'stages'>
): 'secret' | 'stages' | undefined {
  if (found.arn !== seen.arn) return undefined
  return (['stages', 'secret'] as const).find(
    kind =>
      Number(found[kind].serial) > Number(seen[kind].serial) &&
      skipsSerials(found[kind].serial, seen[kind].serial)
  )
}

/** Whether two serials are implausibly far apart. */
export function skipsSerials(a: string, b: string): boolean {
  return Math.abs(Number(a) - Number(b)) > MAX_SERIAL_STEP
}

/** The document that decided the result of `compareSecret`. */
export function decidingDocument(found: SeenSecret, seen: SeenSecret): 'secret' | 'stages' {
  return compareDocument(found.stages, seen.stages) === compareSecret(found, seen) ? 'stages' : 'secret'
}

/**
 * A label whose last move is older than one that was seen. Serials do not show this: a member who may write
 * can sign a newer document with an old move, whose proof is still valid. A state that RepairDates signed may replace
 * the moves that were dated over 24 hours after it.
 */
export function rolledBackLabel(found: SeenMoves, seen: SeenMoves): string | undefined {
  const at = parseTime(found.repaired ?? '')
  const isRepaired = (moved: string): boolean => at !== undefined && isAhead(moved, at)
  const [label] =
    Object.entries(seen.labels).find(
      ([name, moved]) => moved > (timeOf(found, name) ?? '') && !isRepaired(moved)
    ) ?? []
  const current = seen.current?.filter(({ moved }) => !isRepaired(moved))
  return label ?? rolledBackCurrent(found.current, current)
}

/**
 * Whether the policy is older than one that was seen. A member who may write can sign a newer document with an old policy,
 * whose proof is still valid. A state that RepairDates signed may replace a date that was over 24 hours after it.
 */
export function isPolicyRolledBack(found: SeenSecret, seen: SeenSecret): boolean {
  const { policy = '' } = seen
  if (found.arn !== seen.arn || policy <= (found.policy ?? '')) return false
  const repaired = parseTime(found.moves?.repaired ?? '')
  return repaired === undefined || !isAhead(policy, repaired)
}

/**
 * AWSCURRENT may have moved since. Then each of its seen moves must be to its present version, or no later
 * than `before`. This is a check of its own because AWSPREVIOUS follows `before`, which the proof of
 * AWSCURRENT's last move does not cover.
 */
function rolledBackCurrent(
  found: SeenMoves['current'] = [],
  seen: SeenMoves['current'] = []
): string | undefined {
  const [last, before] = found
  if (!last) return seen.length > 0 ? AWSCURRENT : undefined
  const isKnown = ({ version, moved }: SeenMove) => version === last.version || moved <= (before?.moved ?? '')
  return seen.every(isKnown) ? undefined : AWSPREVIOUS
}

/**
 * The state to remember after others, which it follows. If a signer without `manage` has removed labels, their last moves that
 * were seen before stay: so the removal does not stand against a merge that left it out, and an older move stays refused.
 */
export function remembered<State extends SeenSecret>(found: State, seen: readonly SeenSecret[]): State {
  if (!found.moves?.deleted) return found
  const { deleted: _, ...moves } = found.moves
  const before = seen.flatMap(state => (state.arn === found.arn && state.moves ? [state.moves] : []))
  const labels = Object.create(null) as Record<string, string>
  for (const known of [moves, ...before])
    for (const [label, time] of Object.entries(known.labels))
      labels[label] = latest(labels[label], time) as string
  const forgotten = latestOf(before.map(known => known.forgotten))
  return { ...found, moves: { ...moves, labels, ...(forgotten === undefined ? {} : { forgotten }) } }
}

/** When a label was last moved or removed. */
function timeOf({ labels, forgotten, deleted }: SeenMoves, name: string): string | undefined {
  const time = latest(ownOf(labels, name), deleted && ownOf(deleted.labels, name))
  return time ?? latest(forgotten, deleted?.forgotten)
}

function ownOf(labels: SeenMoves['labels'], name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined
}

const WORST_FIRST: readonly Comparison[] = ['fork', 'older', 'newer', 'same']
