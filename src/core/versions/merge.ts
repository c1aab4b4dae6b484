import {
  AWSCURRENT,
  AWSPREVIOUS,
  isEmpty,
  moveOf,
  normal,
  wrote,
  type Label,
  type Move,
  type Stages,
  type VersionEntry
} from './stages.js'
import { latest, type Time } from '../time.js'

/**
 * What two clones know of a secret, put together (FORMAT.md, "Merging"). `join` is a semilattice: in
 * whatever order and however often states meet, all end with the same one. No clock is read.
 */
export type Merged = { readonly stages: Stages } | Conflict

/** What a human must settle: one token with two values, or a side from which something known was undone. */
export type Conflict =
  { readonly conflict: 'two values'; readonly version: string } | { readonly conflict: 'goes back' }

/** Where a label is, or that it is on no version, since `moved`. */
interface Place extends Partial<Move> {
  readonly moved: Time
}

/** All that either state knows. Takes the partial states that `since` makes, too. */
export function join(a: Stages, b: Stages): Merged {
  const versions = new Map(a.versions)
  for (const [id, theirs] of b.versions) {
    const ours = versions.get(id)
    if (ours !== undefined && !isSameValue(ours, theirs)) return { conflict: 'two values', version: id }
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
  return { stages: normal({ labels, removed, versions, ...present(marks) }) }
}

/**
 * What `theirs` adds to `base`: a partial state for `join` with a side that knows `base`. Less of what both
 * have comes along, so that a version or label that the other side dropped on purpose stays dropped.
 */
export function since(base: Stages, theirs: Stages): Stages {
  const known = currentMoves(base)
  const current = lastTwo(currentMoves(theirs).filter(move => !known.some(other => isSameMove(move, other))))
  const labels = new Map<string, Label>()
  if (current !== undefined) labels.set(AWSCURRENT, current)
  const removed = new Map<string, Time>()
  for (const name of ownNames(theirs)) {
    const place = placeOf(theirs, name)
    if (place === undefined || isLeftOut(place, placeOf(base, name), theirs.forgotten)) continue
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

/** Whether `state` has all that `base` has, or something later: not so after a git revert or a rollback. */
export function knows(state: Stages, base: Stages): boolean {
  const current = lastTwo(currentMoves(state))
  const both = lastTwo([...currentMoves(state), ...currentMoves(base)])
  return (
    isSameLabel(current, both) &&
    [...ownNames(base)].every(name => knowsPlace(state, name, placeOf(base, name))) &&
    isReached(state.pruned, base.pruned) &&
    isReached(state.forgotten, base.forgotten) &&
    [...base.versions].every(([id, entry]) => state.versions.has(id) || isReached(state.pruned, wrote(entry)))
  )
}

/**
 * Brings `theirs` into `ours`. `base` is what git calls their ancestor; it needs no trust, since a wrong one
 * can stop the merge or withhold what `theirs` has, but add nothing.
 *
 * A document older than `base` is a conflict, although its signature may be good: someone without any right
 * can push an old document again, and whoever merges would sign the way back.
 */
export function merge(base: Stages, ours: Stages, theirs: Stages): Merged {
  if (!knows(theirs, base)) return { conflict: 'goes back' }
  return join(ours, ours.labels.has(AWSCURRENT) ? since(base, theirs) : theirs)
}

/** Whether the two are written down alike. */
export function isSameState(a: Stages, b: Stages): boolean {
  return (
    a.pruned === b.pruned &&
    a.forgotten === b.forgotten &&
    isSameMap(a.labels, b.labels, isSameLabel) &&
    isSameMap(a.removed, b.removed, (x, y) => x === y) &&
    isSameMap(a.versions, b.versions, (x, y) => compareEntries(x, y) === 0)
  )
}

/** The labels with a place of their own. AWSCURRENT has a history, and is joined apart. */
function ownNames({ labels, removed }: Stages): Set<string> {
  const names = new Set([...labels.keys(), ...removed.keys()])
  names.delete(AWSCURRENT)
  return names
}

/** `undefined` where nothing is known of the label; for AWSPREVIOUS, also where it follows AWSCURRENT. */
function placeOf(stages: Stages, name: string): Place | undefined {
  const move = stages.labels.get(name)
  const gone = stages.removed.get(name)
  const place = move ?? (gone === undefined ? undefined : { moved: gone })
  if (name === AWSPREVIOUS) {
    const current = stages.labels.get(AWSCURRENT)
    return place === undefined || (current !== undefined && place.moved <= current.moved) ? undefined : place
  }
  if (place !== undefined || stages.forgotten === undefined) return place
  return { moved: stages.forgotten }
}

function later(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return byPlace(a, b) < 0 ? b : a
}

/** By time; of two at once, a removal comes first, then the lesser version. */
function comparePlaces(a: Place, b: Place): number {
  return compare(a.moved, b.moved) || compare(a.version ?? '', b.version ?? '')
}

/** The same, and of two that tell the same by who proves it: only so that it is always the same one that stays. */
function byPlace(a: Place, b: Place): number {
  return comparePlaces(a, b) || compare(a.by ?? '', b.by ?? '') || compare(a.proof ?? '', b.proof ?? '')
}

function knowsPlace(state: Stages, name: string, place: Place | undefined): boolean {
  if (place === undefined) return true
  if (name === AWSPREVIOUS && isReached(state.labels.get(AWSCURRENT)?.moved, place.moved)) return true
  const known = placeOf(state, name)
  return known !== undefined && comparePlaces(known, place) >= 0
}

/** Left out, a label counts as removed at `forgotten`: it must not be older than that. */
function isLeftOut(place: Place, base: Place | undefined, forgotten: Time | undefined): boolean {
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

/** The last move, and the last on another version: all of AWSCURRENT's history that can still matter. */
function lastTwo(moves: readonly Move[]): Label | undefined {
  const sorted = moves.toSorted((a, b) => byPlace(b, a))
  const [last] = sorted
  if (last === undefined) return undefined
  const before = sorted.find(move => move.version !== last.version)
  return before === undefined ? moveOf(last) : { ...moveOf(last), before: moveOf(before) }
}

function isSameValue(a: VersionEntry, b: VersionEntry): boolean {
  return isEmpty(a) || isEmpty(b) || (a.first ?? a.digest) === (b.first ?? b.digest)
}

function newerEntry(a: VersionEntry, b: VersionEntry): VersionEntry {
  return compareEntries(a, b) < 0 ? b : a
}

/** An empty version is least; then by date, then by digest. The rest only makes the order total. */
function compareEntries(a: VersionEntry, b: VersionEntry): number {
  return (
    Number(isEmpty(b)) - Number(isEmpty(a)) ||
    compare(wrote(a), wrote(b)) ||
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

/** Leaves marks out that are not set, rather than setting them to undefined. */
function present(marks: { pruned: Time | undefined; forgotten: Time | undefined }): Partial<Stages> {
  return {
    ...(marks.pruned === undefined ? {} : { pruned: marks.pruned }),
    ...(marks.forgotten === undefined ? {} : { forgotten: marks.forgotten })
  }
}
