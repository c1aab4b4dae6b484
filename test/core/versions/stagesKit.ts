import { addVersion, moveLabel } from '../../../src/core/versions/labels.js'
import { greatestStamp, stamp, type Stages, type VersionEntry } from '../../../src/core/versions/stages.js'
import { formatTime, type Time } from '../../../src/core/time.js'
import { creationTime } from '../../../src/core/versions/versions.js'

/** Test time: whole milliseconds after this moment, negative ones for slow clocks. */
export const START = Date.UTC(2025, 0, 1)

export function at(tick: number): Time {
  return formatTime(START + tick)
}

/** Two entries are of one value only if made by the same call with the same digest. */
export function entry(created: Time, digest = `digest@${created}`): VersionEntry {
  return { created, writer: 'alice', key: 'default', digest }
}

/** What PutSecretValue does to the state at a clock's reading, pruning apart. */
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
    stamp: stamp(now, greatestStamp(stages))
  })
}

/** What UpdateSecretVersionStage does at a clock's reading; takes the label from wherever it is. */
export function move(stages: Stages, label: string, moveTo: string | undefined, tick: number): Stages {
  return moveLabel(stages, {
    label,
    moveTo,
    removeFrom: stages.labels.get(label)?.version,
    stamp: stamp(START + tick, greatestStamp(stages))
  })
}

/** `AWSCURRENT: v2, blue: v1`, for a look at the labels alone. */
export function labelling(stages: Stages): Record<string, string> {
  return Object.fromEntries([...stages.labels].map(([label, { version }]) => [label, version]))
}
