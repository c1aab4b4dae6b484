import { latest, nextTime, formatTime, type Time } from '../time.js'

/**
 * What stages.yaml says of one secret, in the form that merges (FORMAT.md, "stages.yaml"): which label sits
 * on which version since when, and what is known of each version. Maps, because labels and version ids are
 * whatever a caller made up, `__proto__` included.
 *
 * Functions here take and give *normal* states; `normal` makes one of a document's.
 */
export interface Stages {
  readonly labels: ReadonlyMap<string, Label>
  /** When labels were taken away that are on no version now. */
  readonly removed: ReadonlyMap<string, Time>
  readonly versions: ReadonlyMap<string, VersionEntry>
  /** An unlabelled version written up to then is gone. */
  readonly pruned?: Time
  /** A label that is neither in `labels` nor in `removed` counts as removed then. */
  readonly forgotten?: Time
}

/** A label came to a version. `moved` orders moves, and may be ahead of the clock: see `stamp`. */
export interface Move {
  readonly version: string
  readonly moved: Time
  /** Key id of who moved it, and their signature: see `moves.ts`. */
  readonly by?: string
  readonly proof?: string
}

export interface Label extends Move {
  /** On AWSCURRENT alone: the version it was on last, and since when. */
  readonly before?: Move
}

export interface VersionEntry {
  readonly created: Time
  /** When it was encrypted again; left out until then. */
  readonly resealed?: Time
  readonly writer: string
  /** What it is sealed under. */
  readonly key: string
  /** Of the version's document; empty for a version that has no value yet, as during a rotation. */
  readonly digest: string
  /** The digest of its first ciphertext, once it has another. */
  readonly first?: string
}

export const AWSCURRENT = 'AWSCURRENT'
export const AWSPREVIOUS = 'AWSPREVIOUS'
export const AWSPENDING = 'AWSPENDING'

/** A secret without any version. */
export const empty: Stages = { labels: new Map(), removed: new Map(), versions: new Map() }

/** A label's move by itself. */
export function moveOf({ version, moved, by, proof }: Move): Move {
  return { version, moved, ...(by === undefined || proof === undefined ? {} : { by, proof }) }
}

/** The labels on one version, sorted. */
export function labelsOf(stages: Stages, versionId: string): string[] {
  return [...stages.labels].flatMap(([label, { version }]) => (version === versionId ? [label] : [])).sort()
}

/** The labels on each version that has any (VersionIdsToStages). */
export function stagesByVersion(stages: Stages): Map<string, string[]> {
  const all = [...stages.versions.keys()].map(id => [id, labelsOf(stages, id)] as const)
  return new Map(all.filter(([, labels]) => labels.length > 0))
}

/** Whether the version is one that RotateSecret made and nobody has put a value into. */
export function isEmpty(entry: VersionEntry): boolean {
  return entry.digest === ''
}

/** When the version's present ciphertext was written. */
export function wrote(entry: VersionEntry): Time {
  return entry.resealed ?? entry.created
}

/**
 * The time for a write to give its moves: `now` (milliseconds since the Unix epoch), or, so that the write
 * comes after all it has seen whatever the clocks say, the millisecond after the latest of `seen`.
 */
export function stamp(now: number, ...seen: (Time | undefined)[]): Time {
  const last = latest(...seen)
  const present = formatTime(now)
  return last === undefined || last < present ? present : nextTime(last)
}

/** The latest stamp that stages.yaml holds. */
export function greatestStamp({ labels, removed, forgotten }: Stages): Time | undefined {
  // AWSCURRENT's `before` is earlier than AWSCURRENT.
  return latest(...[...labels.values()].map(({ moved }) => moved), ...removed.values(), forgotten)
}

/**
 * The one way of writing down what a state means:
 * - a label is either on a version or removed, whichever came later;
 * - AWSPREVIOUS follows AWSCURRENT's `before`, unless set or removed by hand since AWSCURRENT moved;
 * - a removal that `forgotten` tells of anyway is left out, and so is a version that `pruned` says is gone.
 */
export function normal(stages: Stages): Stages {
  const labels = new Map(stages.labels)
  const removed = new Map(stages.removed)
  for (const [label, time] of stages.removed) {
    const move = labels.get(label)
    if (move !== undefined && move.moved >= time) removed.delete(label)
    else {
      labels.delete(label)
      // AWSPREVIOUS apart: for it, to be absent means to follow AWSCURRENT.
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

/** The versions that may not be pruned: those with a label, and the one AWSCURRENT was on last. */
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
  return new Map([...versions].filter(([id, entry]) => held.has(id) || wrote(entry) > pruned))
}
