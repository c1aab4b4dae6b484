import type { Month } from './calendar.js'
import { valuesOfField } from './cronField.js'

/** The days of a month that a cron expression matches, from 1, in ascending order. */
export type CronDays = (month: Month) => readonly number[]

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const SATURDAY = 6

/** The field for the day of the month. Also `L`: the last day; `15W`: the weekday nearest to the 15th; `LW`: the last weekday. */
export function monthDays(field: string): CronDays | undefined {
  if (field === 'L') return ({ length }) => [length]
  if (field === 'LW') return month => [nearestWeekday(month, month.length)]
  const [, nearest] = /^(\d+)W$/.exec(field) ?? []
  const days = valuesOfField(nearest ?? field, 1, 31)
  return days && (month => inMonth(month, days).map(day => (nearest ? nearestWeekday(month, day) : day)))
}

/** The field for the day of the week. Also `L`: Saturday; `6L`: the last Friday of the month; `6#3`: the third. */
export function weekdays(field: string): CronDays | undefined {
  const [, day, nth] = /^(\w+)(?:L|#([1-5]))$/.exec(field) ?? []
  const numbers = field === 'L' ? [SATURDAY + 1] : valuesOfField(day ?? field, 1, 7, WEEKDAYS)
  return numbers && (month => pick(everyWeek(month, numbers), day !== undefined, nth))
}

function pick(days: readonly number[], isOne: boolean, nth: string | undefined): readonly number[] {
  if (!isOne) return days
  return nth === undefined ? days.slice(-1) : days.slice(Number(nth) - 1, Number(nth))
}

/** The days of the month on weekdays with these numbers, of which 1 is Sunday. */
function everyWeek(month: Month, numbers: readonly number[]): number[] {
  const days = Array.from({ length: month.length }, (_, index) => index + 1)
  return days.filter(day => numbers.includes(weekdayOf(month, day) + 1))
}

/** The same day, or the Friday or Monday beside it, or the nearest weekday of the same month. */
function nearestWeekday(month: Month, day: number): number {
  const weekday = weekdayOf(month, day)
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1
  if (weekday === 0) return day === month.length ? day - 2 : day + 1
  return day
}

function inMonth({ length }: Month, days: readonly number[]): number[] {
  return days.filter(day => day <= length)
}

/** 0 for Sunday to 6. */
function weekdayOf({ first }: Month, day: number): number {
  return (first + day - 1) % 7
}
