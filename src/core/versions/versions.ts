import { isEmpty, wrote, type Stages, type VersionEntry } from './stages.js'
import { formatTime, latest, nextTime, type Time } from '../time.js'

/** A version's new ciphertext, of the same value. */
export interface Reseal {
  readonly versionId: string
  /** `resealTime`'s. */
  readonly resealed: Time
  readonly writer: string
  readonly key: string
  readonly digest: string
}

/**
 * The date for a version that is about to be written; `now` in milliseconds since the Unix epoch. Later than
 * anything pruned, or the version would count as pruned itself, and no other version's, so that their order
 * is total.
 */
export function creationTime(stages: Stages, now: number): Time {
  return unused(stages, formatTime(now))
}

/** The date for encrypting an existing version again: besides, later than its present ciphertext's. */
export function resealTime(stages: Stages, versionId: string, now: number): Time {
  const last = wrote(filled(stages, versionId))
  return unused(stages, latest(formatTime(now), nextTime(last)) as Time)
}

/** Puts a version's new ciphertext in place (a new KmsKeyId); labels and `created` stay. */
export function resealVersion(stages: Stages, { versionId, ...reseal }: Reseal): Stages {
  const present = filled(stages, versionId)
  const entry: VersionEntry = { ...present, ...reseal, first: present.first ?? present.digest }
  return { ...stages, versions: new Map(stages.versions).set(versionId, entry) }
}

/** The versions that a write has dropped: their files go with it. */
export function droppedVersions(before: Stages, after: Stages): string[] {
  return [...before.versions.keys()].filter(id => !after.versions.has(id))
}

/** Oldest first, and by id where two clones wrote in one millisecond. */
export function byAge(a: readonly [string, VersionEntry], b: readonly [string, VersionEntry]): number {
  return `${wrote(a[1])} ${a[0]}` < `${wrote(b[1])} ${b[0]}` ? -1 : 1
}

function unused({ versions, pruned }: Stages, earliest: Time): Time {
  const taken = new Set([...versions.values()].map(wrote))
  let time = pruned === undefined || pruned < earliest ? earliest : nextTime(pruned)
  while (taken.has(time)) time = nextTime(time)
  return time
}

function filled({ versions }: Stages, versionId: string): VersionEntry {
  const entry = versions.get(versionId)
  if (entry === undefined || isEmpty(entry))
    throw new Error('Only a version with a value is encrypted again.')
  return entry
}
