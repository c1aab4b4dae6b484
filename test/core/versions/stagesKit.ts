import { addVersion, moveLabel } from '../../../src/core/versions/labels.js'
import { latestStamp, stamp, type Stages, type VersionEntry } from '../../../src/core/versions/stages.js'
import { formatTime, type Time } from '../../../src/core/time.js'
import {
  join as joinUnder,
  knows as knowsState,
  merge as mergeUnder,
  type Merged,
  type MergeRules
} from '../../../src/core/versions/merge.js'
import type { Side, SignedState } from '../../../src/core/versions/signedState.js'
import {
  creationTime,
  resealVersion as resealUnder,
  type Reseal
} from '../../../src/core/versions/versions.js'

/** Test time: whole milliseconds after this moment, negative ones for slow clocks. */
export const START = Date.UTC(2025, 0, 1)

export function at(tick: number): Time {
  return formatTime(START + tick)
}

/** Two entries have the same value only if they come from the same call with the same digest. */
export function entry(created: Time, digest = `digest@${created}`): VersionEntry {
  return { created, writer: 'alice', key: 'default', digest }
}

/** Applies PutSecretValue at a clock's reading, without pruning. */
export function put(
  stages: Stages,
  versionId: string,
  tick: number,
  labels?: string[],
  digest?: string
): Stages {
  const now = START + tick
  return addVersion(stages, {
    versionId,
    entry: entry(creationTime(stages, now), digest ?? `value of ${versionId}`),
    labels,
    stamp: stamp(now, latestStamp(stages))
  })
}

/** Applies UpdateSecretVersionStage at a clock's reading. The label moves from whichever version has it. */
export function move(stages: Stages, label: string, moveTo: string | undefined, tick: number): Stages {
  return moveLabel(stages, {
    label,
    moveTo,
    removeFrom: stages.labels.get(label)?.version,
    stamp: stamp(START + tick, latestStamp(stages))
  })
}

/** The labels only: `AWSCURRENT: v2, blue: v1`. */
export function labelling(stages: Stages): Record<string, string> {
  return Object.fromEntries([...stages.labels].map(([label, { version }]) => [label, version]))
}

/** Rules under which every signer holds every right, and old versions may be pruned at once. */
export const ALL_RIGHTS: MergeRules = {
  couldRead: () => true,
  pruning: { keep: 0, minimumAgeMs: 0, quota: 99 },
  now: START + 9999
}

export const join = (a: Stages, b: Stages): Merged => joinUnder(a, b, ALL_RIGHTS.couldRead)

/** A state that a member with `manage` signed. */
export const byManager = (stages: Stages): SignedState => ({ stages, manages: true })

export const knows = (state: Stages, base: Stages): boolean => knowsState(state, byManager(base))

/** A merge of states that members with `manage` signed. */
export const merge = (base: Stages, ours: Stages, theirs: Stages): Merged =>
  mergeUnder(byManager(base), signed(ours), signed(theirs), ALL_RIGHTS)

export const signed = (stages: Stages, manages = true, earlier: readonly SignedState[] = []): Side => ({
  tip: { stages, manages },
  earlier
})

/** Re-encrypts a version as a member who can decrypt. */
export const resealVersion = (stages: Stages, reseal: Reseal): Stages =>
  resealUnder(stages, reseal, ALL_RIGHTS.couldRead)
