import { latestOf, nextTime, formatTime, type Time } from '../time.js'

/**
 * The content of stages.yaml for one secret (FORMAT.md, "stages.yaml"): the version that each label is on and
 * since when, and an entry for each version. Maps, because callers choose labels and version ids, `__proto__`
 * included.
 *
 * Functions here expect and return *normal* states. `normalize` makes one from a document's content.
 */
export interface Stages {
  readonly labels: ReadonlyMap<string, Label>
  /** Labels that are on no version now, with the time of their removal. */
  readonly removed: ReadonlyMap<string, Time>
  readonly versions: ReadonlyMap<string, VersionEntry>
  /** Versions without a label that were written at or before this time are pruned. */
  readonly pruned?: Time
  /** A label that is neither in `labels` nor in `removed` is taken as removed at this time. */
  readonly forgotten?: Time
}

/** A label's move to a version. `moved` orders moves, and may be ahead of the clock: see `stamp`. */
export interface Move {
  readonly version: string
  readonly moved: Time
  /** Key id of the member who moved it, and their signature: see `moveProofs.ts`. */
  readonly by?: string
  readonly proof?: string
}

export interface Label extends Move {
  /** Only on AWSCURRENT: its move to the version that it was on before. */
  readonly before?: Move
}

export interface VersionEntry {
  readonly created: Time
  /** When it was last re-encrypted; absent if never. */
  readonly resealed?: Time
  readonly writer: string
  /** Alias of the key that it is encrypted under. */
  readonly key: string
  /** Digest of the version's document; empty while the version has no value, as during a rotation. */
  readonly digest: string
  /** The digest of its first ciphertext, if it was re-encrypted. */
  readonly first?: string
}

/** The digest of a version that has no value yet. */
export const NO_DIGEST = ''

export const AWSCURRENT = 'AWSCURRENT'
export const AWSPREVIOUS = 'AWSPREVIOUS'
export const AWSPENDING = 'AWSPENDING'

/** A secret without any version. */
export const noVersions: Stages = { labels: new Map(), removed: new Map(), versions: new Map() }

/** The move alone, without `before`. */
export function moveOf({ version, moved, by, proof }: Move): Move {
  return { version, moved, ...(by === undefined || proof === undefined ? {} : { by, proof }) }
}

/** The labels on one version, sorted. */
export function labelsOf(stages: Stages, versionId: string): string[] {
  return [...stages.labels].flatMap(([label, { version }]) => (version === versionId ? [label] : [])).sort()
}

/** The labels on each version that has any (VersionIdsToStages). */
export function stagesByVersion(stages: {
  readonly labels: ReadonlyMap<string, Pick<Move, 'version'>>
  readonly versions: ReadonlyMap<string, unknown>
}): Map<string, string[]> {
  const found = new Map<string, string[]>([...stages.versions.keys()].map(id => [id, []]))
  for (const [label, { version }] of stages.labels) found.get(version)?.push(label)
  for (const [id, labels] of found) if (labels.sort().length === 0) found.delete(id)
  return found
}

/** Whether the version has no value yet: RotateSecret made it, and the rotation has not put one. */
export function hasNoValue(entry: VersionEntry): boolean {
  return entry.digest === NO_DIGEST
}

/** When the version's present ciphertext was written. */
export function writtenAt(entry: VersionEntry): Time {
  return entry.resealed ?? entry.created
}

/**
 * The time for the moves of a write: `now` (milliseconds since the Unix epoch), or the millisecond after the
 * latest of `seen` if that is later. So a write comes after everything it has seen, even if clocks differ.
 */
export function stamp(now: number, ...seen: (Time | undefined)[]): Time {
  const last = latestOf(seen)
  const present = formatTime(now)
  return last === undefined || last < present ? present : nextTime(last)
}

/** The latest stamp that stages.yaml holds. */
export function latestStamp({ labels, removed, forgotten }: Stages): Time | undefined {
  // `before` is always earlier than AWSCURRENT's own move.
  return latestOf([...[...labels.values()].map(({ moved }) => moved), ...removed.values(), forgotten])
}

/** Every time in a stages.yaml. */
export function writeTimes(stages: Stages): Time[] {
  const writes = [...stages.versions.values()].flatMap(({ created, resealed }) =>
    resealed === undefined ? [created] : [created, resealed]
  )
  return [...orderingTimes(stages), ...writes]
}

/** The times that later writes build on. No write is dated after a version, so those of versions are left out. */
export function orderingTimes({ labels, removed, pruned, forgotten }: Stages): Time[] {
  const moves = [...labels.values()].flatMap(({ moved, before }) =>
    before ? [moved, before.moved] : [moved]
  )
  const marks = [pruned, forgotten].filter(time => time !== undefined)
  return [...moves, ...removed.values(), ...marks]
}

/**
 * The normal form, the only one for a given meaning:
 * - a label is either on a version or removed, whichever came later;
 * - AWSPREVIOUS follows AWSCURRENT's `before`, unless it was set or removed by hand since AWSCURRENT moved;
 * - a removal that `forgotten` implies is left out, and so is a version that `pruned` implies is pruned.
 */
export function normalize(stages: Stages): Stages {
  const labels = new Map(stages.labels)
  const removed = new Map(stages.removed)
  for (const [label, time] of stages.removed) {
    const move = labels.get(label)
    if (move !== undefined && move.moved >= time) removed.delete(label)
    else {
      labels.delete(label)
      // Not for AWSPREVIOUS: if absent, it would follow AWSCURRENT. Not for an older removal either: if absent, it
      // would be taken as a later one, and the join would no longer be associative (FORMAT.md, "Normal form", 5).
      if (time === stages.forgotten && label !== AWSPREVIOUS) removed.delete(label)
    }
  }
  const current = labels.get(AWSCURRENT)
  const byHand = labels.get(AWSPREVIOUS)?.moved ?? removed.get(AWSPREVIOUS)
  if (current !== undefined && (byHand === undefined || byHand <= current.moved)) {
    removed.delete(AWSPREVIOUS)
    if (current.before === undefined) labels.delete(AWSPREVIOUS)
    else labels.set(AWSPREVIOUS, { version: current.before.version, moved: current.moved })
  }
  return {
    ...stages,
    labels,
    removed,
    versions: remaining(stages.versions, heldVersions(labels), stages.pruned)
  }
}

/** The versions with a label. */
export function labelledVersions(labels: Stages['labels']): Set<string> {
  return new Set([...labels.values()].map(({ version }) => version))
}

/** The versions that may not be pruned: those with a label, and the one that AWSCURRENT was on before. */
export function heldVersions(labels: Stages['labels']): Set<string> {
  const held = labelledVersions(labels)
  const before = labels.get(AWSCURRENT)?.before
  return before === undefined ? held : held.add(before.version)
}

function remaining(
  versions: Stages['versions'],
  held: ReadonlySet<string>,
  pruned: Time | undefined
): Stages['versions'] {
  if (pruned === undefined) return versions
  return new Map([...versions].filter(([id, entry]) => held.has(id) || writtenAt(entry) > pruned))
}
