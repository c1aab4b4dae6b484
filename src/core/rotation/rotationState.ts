import type { SecretDocument } from '../format/documents.js'
import type { Time } from '../time.js'
import type { RotationRules } from './rules.js'
import { AWSCURRENT, AWSPENDING, type Stages } from '../versions/stages.js'

/** The rotation settings of a secret (FORMAT.md, "secret.yaml"). */
export type Rotation = NonNullable<SecretDocument['rotation']>

/** What RotateSecret asks for. What it leaves out stays as it is. */
export interface RequestedRotation {
  readonly function?: string | undefined
  readonly rules?: RotationRules | undefined
}

/** The settings after RotateSecret, which turns rotation on. Returns the present ones if nothing changes. */
export function requestedRotation(
  present: Rotation | undefined,
  requested: RequestedRotation,
  changed: Time
): Rotation {
  const name = requested.function ?? present?.function
  const rules = { ...schedule(present, requested.rules) }
  const next = { ...(name === undefined ? {} : { function: name }), enabled: 'yes' as const, ...rules }
  return present && isSame(present, { ...next, changed: present.changed }) ? present : { ...next, changed }
}

/** A new frequency or schedule replaces the old rules. A Duration alone replaces only the Duration. */
function schedule(
  present: Rotation | undefined,
  rules: RotationRules = {}
): Pick<Rotation, 'days' | 'schedule' | 'duration'> {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration } = rules
  const { days: oldDays, schedule: oldSchedule, duration: oldDuration } = present ?? {}
  const isNew = days !== undefined || expression !== undefined
  const kept = {
    days: isNew ? days?.toString() : oldDays,
    schedule: isNew ? expression : oldSchedule,
    duration: Duration ?? (isNew ? undefined : oldDuration)
  }
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
}

/** RotationRules of the settings; `undefined` if they have none. */
export function rulesOf({ days, schedule: expression, duration }: Rotation): RotationRules | undefined {
  if (days === undefined && expression === undefined && duration === undefined) return undefined
  return {
    ...(days === undefined ? {} : { AutomaticallyAfterDays: Number(days) }),
    ...(duration === undefined ? {} : { Duration: duration }),
    ...(expression === undefined ? {} : { ScheduleExpression: expression })
  }
}

/** The version of a rotation that is not complete: AWSPENDING is on it, and AWSCURRENT is not. */
export function pendingVersion({ labels }: Stages): string | undefined {
  const pending = labels.get(AWSPENDING)?.version
  return pending === labels.get(AWSCURRENT)?.version ? undefined : pending
}

/** Whether a write has completed a rotation: AWSCURRENT has moved to the version that had AWSPENDING. */
export function completesRotation(rotation: Rotation | undefined, before: Stages, after: Stages): boolean {
  const pending = pendingVersion(before)
  return (
    rotation?.enabled === 'yes' && pending !== undefined && after.labels.get(AWSCURRENT)?.version === pending
  )
}

function isSame(a: Rotation, b: Rotation): boolean {
  const keys = ['function', 'enabled', 'days', 'schedule', 'duration'] as const
  return keys.every(key => a[key] === b[key])
}
