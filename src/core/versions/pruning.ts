import { VaultError } from '../errors.js'
import { AWSPREVIOUS, heldVersions, normal, wrote, type Stages } from './stages.js'
import { latest, parseTime, type Time } from '../time.js'
import { byAge, droppedVersions } from './versions.js'

/** How many versions a secret keeps. Ages and `now` are in milliseconds, `now` since the Unix epoch. */
export interface PruningPolicy {
  /** Up to this many, all stay. */
  readonly keep: number
  /** No younger version goes. */
  readonly minimumAgeMs: number
  /** No write may leave more than this many. */
  readonly quota: number
}

/** Secrets Manager's figures; its quota is not published, and 24 hours at one write in 10 minutes are 144. */
export const PRUNING: PruningPolicy = { keep: 100, minimumAgeMs: 24 * 60 * 60 * 1000, quota: 150 }

/** How long, and how many of, the labels that were taken away are remembered. */
export interface RemovalPolicy {
  readonly maximumAgeMs: number
  readonly maximumCount: number
}

export const REMOVALS: RemovalPolicy = { maximumAgeMs: 90 * 24 * 60 * 60 * 1000, maximumCount: 100 }

/**
 * What a put does to the older versions, after its own was added: over `keep`, the longest written go, but
 * none with a label, none AWSCURRENT was on last, none that is young. `pruned` names those that went, oldest
 * first. Throws LimitExceededException where more than `quota` remain.
 */
export function prune(
  stages: Stages,
  { now, keep, minimumAgeMs, quota }: PruningPolicy & { readonly now: number }
): { stages: Stages; pruned: string[] } {
  const excess = stages.versions.size - keep
  const held = heldVersions(stages.labels)
  const all = excess <= 0 ? [] : [...stages.versions]
  const gone = all
    .filter(([id]) => !held.has(id))
    .sort(byAge)
    .slice(0, Math.max(0, excess))
    // Age counts from the present ciphertext: `pruned` speaks of that date, and must not reach past a young one.
    .filter(([, entry]) => age(wrote(entry), now) >= minimumAgeMs)
  const pruned = latest(stages.pruned, ...gone.map(([, entry]) => wrote(entry)))
  const next = pruned === undefined ? stages : normal({ ...stages, pruned })
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
 * Forgets the oldest removals: those past `maximumAgeMs` at `now`, and those beyond `maximumCount`. A clone
 * that set such a label and has not synced since loses it then. The very same state where nothing is to be
 * forgotten.
 *
 * AWSPREVIOUS's removal stays: forgotten, it would let AWSPREVIOUS follow AWSCURRENT again.
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
