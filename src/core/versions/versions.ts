import { hasNoValue, writtenAt, type Stages, type VersionEntry } from './stages.js'
import { formatTime, latest, nextTime, type Time } from '../time.js'

/** A version's new ciphertext for the same value. */
export interface Reseal {
  readonly versionId: string
  /** Must come from `resealTime`. */
  readonly resealed: Time
  readonly writer: string
  readonly key: string
  readonly digest: string
}

/**
 * The date for a version that is about to be written: `now` (milliseconds since the Unix epoch), or the next
 * free millisecond. It is later than `pruned`, or the version would be pruned itself, and no other version
 * has it, so that versions have a total order.
 */
export function creationTime(stages: Stages, now: number): Time {
  return firstFreeTime(stages, formatTime(now))
}

/** Like `creationTime`, for re-encrypting a version. Also later than the date of its present ciphertext. */
export function resealTime(stages: Stages, versionId: string, now: number): Time {
  const last = writtenAt(filledEntry(stages, versionId))
  return firstFreeTime(stages, latest(formatTime(now), nextTime(last)) as Time)
}

/**
 * Records a version's new ciphertext, as after a change of KmsKeyId. Labels and `created` stay.
 * @param couldRead as in `MergeRules`: otherwise an honest member who re-encrypts a version would vouch for a wrong `first`
 */
export function resealVersion(
  stages: Stages,
  { versionId, ...reseal }: Reseal,
  couldRead: (entry: VersionEntry) => boolean
): Stages {
  const present = filledEntry(stages, versionId)
  const entry: VersionEntry = { ...present, ...reseal, first: firstDigest(present, couldRead) }
  return { ...stages, versions: new Map(stages.versions).set(versionId, entry) }
}

/** The digest of the version's first ciphertext. Ignores `first` if the writer could not read what they re-encrypted. */
export function firstDigest(entry: VersionEntry, couldRead: (entry: VersionEntry) => boolean): string {
  return entry.first !== undefined && couldRead(entry) ? entry.first : entry.digest
}

/** The versions that a write removed, whose files it must delete. */
export function droppedVersions(before: Stages, after: Stages): string[] {
  return [...before.versions.keys()].filter(id => !after.versions.has(id))
}

/** Oldest first, then by id: two clones may write in the same millisecond. */
export function byAge(a: readonly [string, VersionEntry], b: readonly [string, VersionEntry]): number {
  return `${writtenAt(a[1])} ${a[0]}` < `${writtenAt(b[1])} ${b[0]}` ? -1 : 1
}

function firstFreeTime({ versions, pruned }: Stages, earliest: Time): Time {
  const taken = new Set([...versions.values()].map(writtenAt))
  let time = pruned === undefined || pruned < earliest ? earliest : nextTime(pruned)
  while (taken.has(time)) time = nextTime(time)
  return time
}

function filledEntry({ versions }: Stages, versionId: string): VersionEntry {
  const entry = versions.get(versionId)
  if (entry === undefined || hasNoValue(entry)) throw new Error('the version has no value to re-encrypt')
  return entry
}
