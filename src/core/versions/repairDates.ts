import type { SecretDocument } from '../format/documents.js'
import { formatTime, isAhead, latest, latestOf, nextTime, parseTime, type Time } from '../time.js'
import { normalize, type Label, type Stages, type VersionEntry } from './stages.js'

/** Returns the right date for a wrong one, and any other date unchanged. */
export type Correction = (time: Time) => Time

/**
 * Corrects the dates that are over 24 hours ahead of `now` (milliseconds since the Unix epoch). They become the
 * milliseconds from now on, or those after the latest of the other dates, in the order that they had. `undefined` if
 * none is that far ahead.
 */
export function correctionOf(
  times: readonly Time[],
  now: number
): { readonly correct: Correction; readonly last: Time; readonly count: number } | undefined {
  const wrong = [...new Set(times.filter(time => isAhead(time, now)))].sort()
  if (wrong.length === 0) return undefined
  const right = latestOf(times.filter(time => !isAhead(time, now)))
  let next = latest(formatTime(now), right === undefined ? undefined : nextTime(right)) as Time
  let last = next
  const corrected = new Map<Time, Time>()
  for (const time of wrong) {
    corrected.set(time, next)
    last = next
    next = nextTime(next)
  }
  return { correct: time => corrected.get(time) ?? time, last, count: wrong.length }
}

/** The state with corrected dates, except for a version's `created`, which is in the signed version document as well. */
export function correctedStages(stages: Stages, correct: Correction): Stages {
  const marks = (['pruned', 'forgotten'] as const).flatMap(mark => {
    const time = stages[mark]
    return time === undefined ? [] : [[mark, correct(time)] as const]
  })
  return normalize({
    labels: new Map([...stages.labels].map(([name, label]) => [name, correctedLabel(label, correct)])),
    removed: new Map([...stages.removed].map(([name, time]) => [name, correct(time)])),
    versions: new Map([...stages.versions].map(([id, entry]) => [id, correctedEntry(entry, correct)])),
    ...Object.fromEntries(marks)
  })
}

/** The fields of secret.yaml that hold dates, corrected. A scheduled deletion keeps its recovery window. */
export function correctedSecret(document: SecretDocument, correct: Correction): Partial<SecretDocument> {
  const fields: Record<string, unknown> = { created: correct(document.created) }
  for (const name of ['key', 'description', 'type', 'policy', 'rotation', 'deletion'] as const) {
    const register = document[name]
    if (register) fields[name] = { ...register, changed: correct(register.changed) }
  }
  const { deletion } = document
  if (deletion?.date !== undefined) fields['deletion'] = shifted(deletion.date, deletion.changed, correct)
  for (const name of ['tags', 'replicas'] as const) {
    const registers = Object.create(null) as NonNullable<SecretDocument['tags']>
    for (const [key, register] of Object.entries(document[name] ?? {}))
      registers[key] = { ...register, changed: correct(register.changed) }
    if (document[name]) fields[name] = registers
  }
  for (const name of ['rotated', 'forgotten'] as const) {
    const time = document[name]
    if (time !== undefined) fields[name] = correct(time)
  }
  return fields
}

function correctedLabel(label: Label, correct: Correction): Label {
  const { before } = label
  return {
    ...label,
    moved: correct(label.moved),
    ...(before ? { before: { ...before, moved: correct(before.moved) } } : {})
  }
}

function correctedEntry(entry: VersionEntry, correct: Correction): VersionEntry {
  return entry.resealed === undefined ? entry : { ...entry, resealed: correct(entry.resealed) }
}

function shifted(date: Time, from: Time, correct: Correction): { date: Time; changed: Time } {
  const changed = correct(from)
  const by = (parseTime(changed) ?? 0) - (parseTime(from) ?? 0)
  return { date: formatTime((parseTime(date) ?? 0) + by), changed }
}
