import {
  AWSCURRENT,
  AWSPREVIOUS,
  hasNoValue,
  moveOf,
  normalize,
  orderingTimes,
  writtenAt,
  type Label,
  type Move,
  type Stages,
  type VersionEntry
} from './stages.js'
import { counted, withAgreed, type Ages, type Side, type SignedState } from './signedState.js'
import { firstDigest } from './versions.js'
import { isAhead, latest, type Time } from '../time.js'

/**
 * The merged state of two clones (FORMAT.md, "Merging"). `join` is a semilattice: states that are joined in
 * any order and any number of times end up the same.
 */
export type Merged = { readonly stages: Stages } | Conflict

/**
 * For a person to resolve: one token with two values, a state of theirs that lacks something the merge base has, or a date
 * too far ahead of the clock.
 */
export type Conflict =
  | { readonly conflict: 'two values'; readonly version: string }
  | { readonly conflict: 'goes back' }
  | { readonly conflict: 'dated ahead'; readonly time: Time }

/** The pruning policy, the clock and the rights that a merge goes by. */
export interface MergeRules extends Ages {
  /**
   * Whether the writer of a re-encrypted version could read it: see `resealRight`. Otherwise its `first` is ignored,
   * because they could have named any digest there.
   */
  readonly couldRead: (entry: VersionEntry) => boolean
  /** Whether a person has accepted dates over 24 hours ahead of the clock. */
  readonly acceptsDates?: boolean | undefined
}

/** The version that a label is on since `moved`; without `version`, it was removed then. */
interface Place extends Partial<Move> {
  readonly moved: Time
}

/** Everything that either state knows. Also accepts the partial states that `since` returns. */
export function join(a: Stages, b: Stages, couldRead: MergeRules['couldRead']): Merged {
  const versions = new Map(a.versions)
  for (const [id, theirs] of b.versions) {
    const ours = versions.get(id)
    if (ours !== undefined && !isSameValue(ours, theirs, couldRead))
      return { conflict: 'two values', version: id }
    versions.set(id, ours === undefined ? theirs : newerEntry(ours, theirs))
  }

  const labels = new Map<string, Label>()
  const removed = new Map<string, Time>()
  const current = lastTwo([...currentMoves(a), ...currentMoves(b)])
  if (current !== undefined) labels.set(AWSCURRENT, current)
  for (const name of new Set([...ownNames(a), ...ownNames(b)])) {
    const place = later(placeOf(a, name), placeOf(b, name))
    if (place?.version !== undefined) labels.set(name, moveOf(place as Move))
    else if (place !== undefined) removed.set(name, place.moved)
  }
  const marks = { pruned: latest(a.pruned, b.pruned), forgotten: latest(a.forgotten, b.forgotten) }
  return { stages: normalize({ labels, removed, versions, ...withoutUndefined(marks) }) }
}

/**
 * Returns what `theirs` has and `base` lacks: a partial state, to be joined with a side that knows `base`. It leaves out what
 * both have. So a version or label that the other side deleted on purpose stays deleted.
 */
export function since(base: Stages, theirs: Stages): Stages {
  const known = currentMoves(base)
  const current = lastTwo(currentMoves(theirs).filter(move => !known.some(other => isSameMove(move, other))))
  const labels = new Map<string, Label>()
  if (current !== undefined) labels.set(AWSCURRENT, current)
  const removed = new Map<string, Time>()
  for (const name of ownNames(theirs)) {
    const place = placeOf(theirs, name)
    if (place === undefined || isUnchanged(place, placeOf(base, name), theirs.forgotten)) continue
    if (place.version === undefined) removed.set(name, place.moved)
    else labels.set(name, moveOf(place as Move))
  }
  const named = new Set([...labels.values()].flatMap(({ version, before }) => [version, before?.version]))
  const versions = new Map(
    [...theirs.versions].filter(([id, entry]) => {
      const old = base.versions.get(id)
      return old === undefined || named.has(id) || compareEntries(entry, old) !== 0
    })
  )
  return { ...theirs, labels, removed, versions }
}

/**
 * Whether `state` has everything that `base` has, or something later in its place. False after a git revert or a rollback.
 * Deletions of a signer without `manage` are not asked for, because a merge may have ignored them.
 */
export function knows(state: Stages, { stages: base, manages }: SignedState): boolean {
  const current = lastTwo(currentMoves(state))
  const both = lastTwo([...currentMoves(state), ...currentMoves(base)])
  const names = manages ? ownNames(base) : base.labels.keys()
  return (
    isSameLabel(current, both) &&
    [...names].every(name => name === AWSCURRENT || knowsPlace(state, name, placeOf(base, name))) &&
    (!manages || (isReached(state.pruned, base.pruned) && isReached(state.forgotten, base.forgotten))) &&
    [...base.versions].every(
      ([id, entry]) => state.versions.has(id) || isReached(state.pruned, writtenAt(entry))
    )
  )
}

/**
 * Merges `theirs` into `ours`, which are both of the same ARN. `base` is the merge base that git reports. It needs no
 * trust: a wrong one can stop the merge or leave out changes of `theirs`, but add nothing. If it is not verified, it must
 * be given as one whose signer holds `manage`. Reads no clock.
 *
 * A `theirs` older than `base` is a conflict, even if its signature is good: anyone who can push can push an old document
 * again, and the member who merges would then sign the rollback. `ours` may lack what `base` has: in a cherry-pick or a
 * rebase, `base` is the parent of the commit that is applied, and no ancestor of `ours`.
 */
export function merge(base: SignedState, ours: Side, theirs: Side, rules: MergeRules): Merged {
  const [a, b] = [ours.tip.stages, theirs.tip.stages]
  for (const tip of [a, b])
    for (const time of orderingTimes(tip)) if (isTooFar(time, rules)) return { conflict: 'dated ahead', time }
  // A version that `state` lacks because of such a signer is not deleted either.
  const whole = theirs.tip.manages ? b : { ...b, versions: new Map([...base.stages.versions, ...b.versions]) }
  if (!knows(whole, base)) return { conflict: 'goes back' }
  const known = countedSide(ours, rules)
  if ('conflict' in known) return known
  const other = countedSide(theirs, rules)
  if ('conflict' in other) return other
  // A member without `manage` may have deleted what ours lacks. Such a deletion is ignored: all of theirs is taken.
  const isNarrow = ours.tip.manages && a.labels.has(AWSCURRENT)
  const added = isNarrow ? since(base.stages, other.stages) : other.stages
  const merged = join(known.stages, added, rules.couldRead)
  return 'conflict' in merged ? merged : { stages: withAgreed(merged.stages, a, b) }
}

/** Joins the parts of a side's states that a merge takes. Leaves out earlier states with a date far ahead: they were repaired. */
function countedSide({ tip, earlier = [] }: Side, rules: MergeRules): Merged {
  const usable = earlier.filter(({ stages }) => !orderingTimes(stages).some(time => isTooFar(time, rules)))
  return usable.reduce<Merged>(
    (all, state) => ('conflict' in all ? all : join(all.stages, counted(state, rules), rules.couldRead)),
    { stages: counted(tip, rules) }
  )
}

const isTooFar = (time: Time, { now, acceptsDates }: MergeRules): boolean =>
  acceptsDates !== true && isAhead(time, now)

/** Whether the two states have the same content, proofs apart. */
export function isSameState(a: Stages, b: Stages): boolean {
  return (
    a.pruned === b.pruned &&
    a.forgotten === b.forgotten &&
    isSameMap(a.labels, b.labels, isSameLabel) &&
    isSameMap(a.removed, b.removed, (x, y) => x === y) &&
    isSameMap(a.versions, b.versions, (x, y) => compareEntries(x, y) === 0)
  )
}

/** Every label but AWSCURRENT, whose history is joined separately. */
function ownNames({ labels, removed }: Stages): Set<string> {
  const names = new Set([...labels.keys(), ...removed.keys()])
  names.delete(AWSCURRENT)
  return names
}

/** `undefined` if nothing is known of the label, or if it is AWSPREVIOUS and follows AWSCURRENT. */
function placeOf(stages: Stages, name: string): Place | undefined {
  const move = stages.labels.get(name)
  const removed = stages.removed.get(name)
  const place = move ?? (removed === undefined ? undefined : { moved: removed })
  if (name === AWSPREVIOUS) {
    const current = stages.labels.get(AWSCURRENT)
    return place === undefined || (current !== undefined && place.moved <= current.moved) ? undefined : place
  }
  if (place !== undefined || stages.forgotten === undefined) return place
  return { moved: stages.forgotten }
}

function later(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareMoves(a, b) < 0 ? b : a
}

/** By time. At the same time, a removal comes first, then the lesser version id. */
function comparePlaces(a: Place, b: Place): number {
  return compare(a.moved, b.moved) || compare(a.version ?? '', b.version ?? '')
}

/** Like `comparePlaces`, then by signer and proof, so that the choice between equal moves is stable. */
function compareMoves(a: Place, b: Place): number {
  return comparePlaces(a, b) || compare(a.by ?? '', b.by ?? '') || compare(a.proof ?? '', b.proof ?? '')
}

function knowsPlace(state: Stages, name: string, place: Place | undefined): boolean {
  if (place === undefined) return true
  if (name === AWSPREVIOUS && isReached(state.labels.get(AWSCURRENT)?.moved, place.moved)) return true
  const known = placeOf(state, name)
  return known !== undefined && comparePlaces(known, place) >= 0
}

/**
 * Whether a label is as in the base. A label left out is taken as removed at `forgotten`, so it must be newer
 * than that.
 */
function isUnchanged(place: Place, base: Place | undefined, forgotten: Time | undefined): boolean {
  return (
    base !== undefined &&
    comparePlaces(place, base) === 0 &&
    (forgotten === undefined || place.moved > forgotten)
  )
}

function currentMoves({ labels }: Stages): Move[] {
  const current = labels.get(AWSCURRENT)
  return current === undefined ? [] : [current, ...(current.before === undefined ? [] : [current.before])]
}

/** The last move and the last one to another version: the only part of AWSCURRENT's history that matters. */
function lastTwo(moves: readonly Move[]): Label | undefined {
  const sorted = moves.toSorted((a, b) => compareMoves(b, a))
  const [last] = sorted
  if (last === undefined) return undefined
  const before = sorted.find(move => move.version !== last.version)
  return before === undefined ? moveOf(last) : { ...moveOf(last), before: moveOf(before) }
}

/** Whether two entries of one version have the same value, or one has none yet. */
export function isSameValue(a: VersionEntry, b: VersionEntry, couldRead: MergeRules['couldRead']): boolean {
  return hasNoValue(a) || hasNoValue(b) || firstDigest(a, couldRead) === firstDigest(b, couldRead)
}

/** The entry that a join keeps. */
export function newerEntry(a: VersionEntry, b: VersionEntry): VersionEntry {
  return compareEntries(a, b) < 0 ? b : a
}

/** Empty versions first, then by date, then by digest. The rest only makes the order total. */
function compareEntries(a: VersionEntry, b: VersionEntry): number {
  return (
    Number(hasNoValue(b)) - Number(hasNoValue(a)) ||
    compare(writtenAt(a), writtenAt(b)) ||
    compare(a.digest, b.digest) ||
    compare(a.created, b.created) ||
    compare(a.resealed ?? '', b.resealed ?? '') ||
    compare(a.key, b.key) ||
    compare(a.writer, b.writer) ||
    compare(a.first ?? '', b.first ?? '')
  )
}

function isReached(time: Time | undefined, mark: Time | undefined): boolean {
  return mark === undefined || (time !== undefined && time >= mark)
}

function isSameMove(a: Move, b: Move): boolean {
  return a.version === b.version && a.moved === b.moved
}

function isSameLabel(a: Label | undefined, b: Label | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (!isSameMove(a, b)) return false
  return a.before === undefined || b.before === undefined
    ? a.before === b.before
    : isSameMove(a.before, b.before)
}

function isSameMap<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  same: (x: T, y: T) => boolean
): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, x]) => {
      const y = b.get(key)
      return y !== undefined && same(x, y)
    })
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Without the undefined ones. */
function withoutUndefined(marks: { pruned: Time | undefined; forgotten: Time | undefined }): Partial<Stages> {
  return {
    ...(marks.pruned === undefined ? {} : { pruned: marks.pruned }),
    ...(marks.forgotten === undefined ? {} : { forgotten: marks.forgotten })
  }
}
