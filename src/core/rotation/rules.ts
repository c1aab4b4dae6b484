import { isHourly, parseExpression, scheduleFault, type Frequency } from './schedule.js'

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

/** What is wrong with the rules, as a sentence in the service's style; `undefined` if nothing is. */
export function rulesFault({
  AutomaticallyAfterDays,
  ScheduleExpression,
  Duration
}: RotationRules): string | undefined {
  if (AutomaticallyAfterDays !== undefined && ScheduleExpression !== undefined)
    return 'You cannot specify both rotation frequency and schedule expression together.'
  const fault = ScheduleExpression === undefined ? undefined : scheduleFault(ScheduleExpression)
  if (fault !== undefined) return `The ScheduleExpression is not valid: ${fault}.`
  return Duration === undefined || isDuration(Duration)
    ? undefined
    : 'The Duration must be between 1h and 24h (inclusive).'
}

/** The schedule of the rules. `undefined` if they have none, or if they are not valid: `rulesFault` says why. */
export function parseSchedule(rules: RotationRules): Schedule | undefined {
  const frequency = rulesFault(rules) === undefined ? frequencyOf(rules) : undefined
  if (!frequency) return undefined
  const duration = rules.Duration === undefined ? (isHourly(frequency) ? 1 : 24) : hoursOf(rules.Duration)
  return { frequency, duration }
}

function frequencyOf({ AutomaticallyAfterDays, ScheduleExpression }: RotationRules): Frequency | undefined {
  if (AutomaticallyAfterDays !== undefined) return { kind: 'days', days: AutomaticallyAfterDays }
  const parsed = ScheduleExpression === undefined ? undefined : parseExpression(ScheduleExpression)
  return typeof parsed === 'string' ? undefined : parsed
}

function isDuration(duration: string): boolean {
  return hoursOf(duration) >= 1 && hoursOf(duration) <= 24
}

/** NaN if the text has another form. */
function hoursOf(duration: string): number {
  return Number(/^(\d+)h$/.exec(duration)?.[1])
}
