import { DAY, HOUR, monthAt, monthIndex } from './calendar.js'
import { monthDays, weekdays, type CronDays } from './cronDays.js'
import { valuesOfField } from './cronField.js'

/** What a cron expression matches, in UTC. The minutes are 0. */
export interface Cron {
  readonly months: readonly number[]
  readonly days: CronDays
  readonly hours: readonly number[]
}

/** The fewest hours between the start of one rotation and the next. */
export const LEAST_HOURS = 4

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** The months in which to look for a match. A 29 February on a given weekday comes again in 40 years at most. */
const MONTHS_AHEAD = 40 * 12

/** @returns what `cron(…)` matches, or what is wrong with its fields */
export function parseCron(text: string): Cron | string {
  const fields = text.trim().split(/ +/)
  const [minutes = '', hourField = '', monthDay = '', month = '', weekday = '', year] = fields
  if (fields.length !== 6) return 'cron has six fields'
  if (minutes !== '0') return 'the minutes of cron must be 0'
  if (year !== '*') return 'the year of cron must be *'
  if ((monthDay === '?') === (weekday === '?')) return 'one of the two day fields of cron must be ?, not both'
  const hours = valuesOfField(hourField, 0, 23)
  if (!hours) return 'the hours of cron are not valid'
  if (smallestGap(hours) < LEAST_HOURS) return `cron may run every ${LEAST_HOURS} hours at most`
  const days = weekday === '?' ? monthDays(monthDay) : weekdays(weekday)
  if (weekday === '?' && !days) return 'the day of the month of cron is not valid'
  const months = valuesOfField(month, 1, 12, MONTHS)
  if (!months) return 'the month of cron is not valid'
  return days ? { months, days, hours } : 'the day of the week of cron is not valid'
}

/**
 * The first match later than `time`, both in milliseconds since the Unix epoch. `undefined` if nothing ever matches, such as
 * 30 February.
 */
export function nextMatch({ months, days, hours }: Cron, time: number): number | undefined {
  const from = monthIndex(time)
  for (let index = from; index <= from + MONTHS_AHEAD; index++) {
    if (!months.includes((index % 12) + 1)) continue
    const month = monthAt(index)
    for (const day of days(month))
      for (const hour of hours) {
        const match = month.start + (day - 1) * DAY + hour * HOUR
        if (match > time) return match
      }
  }
  return undefined
}

/** The fewest hours between one run and the next, also across midnight. */
function smallestGap(hours: readonly number[]): number {
  const gaps = hours.map((hour, index) => (hours[index + 1] ?? hours[0]! + 24) - hour)
  return gaps.reduce((a, b) => Math.min(a, b), Infinity)
}
