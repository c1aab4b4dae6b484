/** RotationRules, already validated against the model. */
export interface RotationRules {
  readonly AutomaticallyAfterDays?: number | undefined
  readonly ScheduleExpression?: string | undefined
  readonly Duration?: string | undefined
}

const LEAST_HOURS = 4
const RATE = /^rate\(([1-9]\d*) (hour|day)s?\)$/
const CRON = /^cron\(([^()]*)\)$/

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

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

/** What is wrong with a `rate(…)` or `cron(…)` expression; `undefined` if nothing is. */
export function scheduleFault(expression: string): string | undefined {
  const [, count, unit] = RATE.exec(expression) ?? []
  if (count !== undefined)
    return unit === 'hour' && Number(count) < LEAST_HOURS
      ? `a rate is at least ${LEAST_HOURS} hours`
      : undefined
  const fields = CRON.exec(expression)?.[1]?.trim().split(/ +/)
  return fields ? cronFault(fields) : 'it must be rate(N hours), rate(N days) or cron(…)'
}

function cronFault(fields: readonly string[]): string | undefined {
  const [minutes = '', hours = '', monthDay = '', month = '', weekday = '', year] = fields
  if (fields.length !== 6) return 'cron has six fields'
  if (minutes !== '0') return 'the minutes of cron must be 0'
  if (year !== '*') return 'the year of cron must be *'
  if ((monthDay === '?') === (weekday === '?')) return 'one of the two day fields of cron must be ?, not both'
  const runs = values(hours, 0, 23)
  if (!runs) return 'the hours of cron are not valid'
  if (smallestGap(runs) < LEAST_HOURS) return `cron may run every ${LEAST_HOURS} hours at most`
  if (monthDay !== '?' && !isMonthDay(monthDay)) return 'the day of the month of cron is not valid'
  if (!values(month, 1, 12, MONTHS)) return 'the month of cron is not valid'
  if (weekday !== '?' && !isWeekday(weekday)) return 'the day of the week of cron is not valid'
  return undefined
}

/** Also `L`: the last day; `15W`: the weekday nearest to the 15th; `LW`: the last weekday. */
function isMonthDay(field: string): boolean {
  const [, nearest] = /^(\d+)W$/.exec(field) ?? []
  return field === 'L' || field === 'LW' || values(nearest ?? field, 1, 31) !== undefined
}

/** Also `L`: the last day of the week; `6L`: the last one of the month; `6#3`: the third. */
function isWeekday(field: string): boolean {
  const [, day] = /^(\w+)(?:L|#[1-5])$/.exec(field) ?? []
  return field === 'L' || values(day ?? field, 1, 7, WEEKDAYS) !== undefined
}

/**
 * All values of a cron field, which may have `*`, numbers, names, ranges, steps and lists of these.
 * `undefined` if the field is not valid.
 */
function values(
  field: string,
  first: number,
  last: number,
  names: readonly string[] = []
): Set<number> | undefined {
  const number = (text: string): number => {
    const named = names.indexOf(text.toUpperCase())
    return named >= 0 ? named + first : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  }
  const all = new Set<number>()
  for (const item of field.split(',')) {
    const [range = '', step, ...more] = item.split('/')
    const [low = '', high, ...others] = range === '*' ? [`${first}`, `${last}`] : range.split('-')
    const by = step === undefined ? 1 : /^[1-9]\d?$/.test(step) ? Number(step) : Number.NaN
    // `/8` starts at `first`, `2/4` starts at 2.
    const from = low === '' && step !== undefined ? first : number(low)
    const to = high === undefined ? (step === undefined ? from : last) : number(high)
    const isRange = from >= first && from <= to && to <= last && by <= last
    if (!isRange || more.length > 0 || others.length > 0) return undefined
    for (let value = from; value <= to; value += by) all.add(value)
  }
  return all
}

/** The fewest hours between one run and the next, also across midnight. */
function smallestGap(hours: ReadonlySet<number>): number {
  const sorted = [...hours].sort((a, b) => a - b)
  const gaps = sorted.map((hour, index) => (sorted[index + 1] ?? sorted[0]! + 24) - hour)
  return gaps.reduce((a, b) => Math.min(a, b), Infinity)
}

function isDuration(duration: string): boolean {
  const hours = Number(/^(\d+)h$/.exec(duration)?.[1])
  return hours >= 1 && hours <= 24
}
