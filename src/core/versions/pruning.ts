import { VaultError } from '../errors.js'
import { AWSPREVIOUS, heldVersions, normalize, writtenAt, type Stages } from './stages.js'
import { latest, latestOf, parseTime, type Time } from '../time.js'
import { byAge, droppedVersions } from './versions.js'

/** How many versions a secret keeps. Ages are in milliseconds. */
export interface PruningPolicy {
  /** Nothing is pruned up to this many versions. */
  readonly keep: number
  /** Younger versions are never pruned. */
  readonly minimumAgeMs: number
  /** A write that would leave more versions is refused. */
  readonly quota: number
}

/** Secrets Manager's figures; its quota is not published. A write every 10 minutes makes 144 in 24 hours. */
export const PRUNING: PruningPolicy = { keep: 100, minimumAgeMs: 24 * 60 * 60 * 1000, quota: 150 }

/** For how long, and how many, removals of labels are remembered. */
export interface RemovalPolicy {
  readonly maximumAgeMs: number
  readonly maximumCount: number
}

export const REMOVALS: RemovalPolicy = { maximumAgeMs: 90 * 24 * 60 * 60 * 1000, maximumCount: 100 }

/**
 * Prunes old versions after a put has added its own. If there are more than `keep`, the oldest are removed,
 * except those with a label, the one that AWSCURRENT was on before, and those younger than `minimumAgeMs` at
 * `now` (milliseconds since the Unix epoch). `pruned` lists the removed ones, oldest first. Throws
 * LimitExceededException if more than `quota` remain.
 */
export function prune(
  stages: Stages,
  { now, keep, minimumAgeMs, quota }: PruningPolicy & { readonly now: number }
): { stages: Stages; pruned: string[] } {
  const excess = stages.versions.size - keep
  const held = heldVersions(stages.labels)
  const all = excess <= 0 ? [] : [...stages.versions]
  const removed = all
    .filter(([id]) => !held.has(id))
    .sort(byAge)
    .slice(0, Math.max(0, excess))
    // The age is that of the present ciphertext, because `pruned` is compared with that date.
    .filter(([, entry]) => age(writtenAt(entry), now) >= minimumAgeMs)
  const pruned = latestOf([stages.pruned, ...removed.map(([, entry]) => writtenAt(entry))])
  const next = pruned === undefined ? stages : normalize({ ...stages, pruned })
  if (next.versions.size > quota) {
    throw new VaultError(
      'LimitExceededException',
      `You can't have more than ${quota} versions of a secret. ` +
        'Versions without staging labels are removed once they are old enough; try again later.'
    )
  }
  const dropped = new Set(droppedVersions(stages, next))
  return {
    stages: next,
    pruned: [...stages.versions]
      .filter(([id]) => dropped.has(id))
      .sort(byAge)
      .map(([id]) => id)
  }
}

/**
 * Forgets the oldest removals of labels: those older than `maximumAgeMs` at `now` (milliseconds since the
 * Unix epoch), and those beyond `maximumCount`. A clone that set such a label and has not synced since then
 * loses it. Returns the same object if there is nothing to forget.
 *
 * The removal of AWSPREVIOUS is never forgotten: AWSPREVIOUS would follow AWSCURRENT again.
 */
export function forget(
  stages: Stages,
  now: number,
  { maximumAgeMs, maximumCount }: RemovalPolicy = REMOVALS
): Stages {
  const times = [...stages.removed].flatMap(([label, time]) => (label === AWSPREVIOUS ? [] : [time])).sort()
  const excess = Math.max(0, times.length - maximumCount)
  const forgotten = times.findLast((time, index) => index < excess || age(time, now) > maximumAgeMs)
  if (forgotten === undefined) return stages
  const removed = new Map(
    [...stages.removed].filter(([label, time]) => label === AWSPREVIOUS || time > forgotten)
  )
  return { ...stages, removed, forgotten: latest(stages.forgotten, forgotten) as Time }
}

function age(time: Time, now: number): number {
  return now - (parseTime(time) as number)
}
