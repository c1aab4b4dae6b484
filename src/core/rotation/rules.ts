import { isHourly, parseExpression, type Frequency } from './schedule.js'

/** RotationRules, already validated against the model. */
export interface RotationRules {
  readonly AutomaticallyAfterDays?: number | undefined
  readonly ScheduleExpression?: string | undefined
  readonly Duration?: string | undefined
}

/** RotationRules, as what they mean. */
export interface Schedule {
  readonly frequency: Frequency
  /** In hours, 1 to 24: how long a window is open, unless it ends earlier for another reason. */
  readonly duration: number
}

/** Returns the first fault of the rules as a sentence in the service's style; `undefined` if there is none. */
export function rulesFault(rules: RotationRules): string | undefined {
  const parsed = parseRules(rules)
  return typeof parsed === 'string' ? parsed : undefined
}

/** The schedule of the rules. `undefined` if they have none, or if they are not valid: `rulesFault` says why. */
export function parseSchedule(rules: RotationRules): Schedule | undefined {
  const parsed = parseRules(rules)
  return typeof parsed === 'string' ? undefined : parsed
}

/** @returns a schedule, or what is wrong with the rules, or `undefined` if they are valid and have no schedule */
function parseRules(rules: RotationRules): Schedule | string | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression, Duration } = rules
  if (days !== undefined && ScheduleExpression !== undefined)
    return 'You cannot specify both rotation frequency and schedule expression together.'
  const expressed = ScheduleExpression === undefined ? undefined : parseExpression(ScheduleExpression)
  if (typeof expressed === 'string') return `The ScheduleExpression is not valid: ${expressed}.`
  const frequency = days === undefined ? expressed : ({ kind: 'days', days } as const)
  const hours = Duration === undefined ? undefined : hoursOf(Duration)
  if (Number.isNaN(hours)) return 'The Duration must be between 1h and 24h (inclusive).'
  return frequency && { frequency, duration: hours ?? (isHourly(frequency) ? 1 : 24) }
}

/** 1 to 24; NaN for any other Duration. */
function hoursOf(duration: string): number {
  const hours = Number(/^(\d+)h$/.exec(duration)?.[1])
  return hours >= 1 && hours <= 24 ? hours : Number.NaN
}
