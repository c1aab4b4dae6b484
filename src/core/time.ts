import { VaultError } from './errors.js'

/**
 * A moment in UTC in the form `YYYY-MM-DDTHH:MM:SS.mmmZ` (24 characters), in the years 1970 to 8999. Because
 * the form is fixed, times sort as strings.
 */
export type Time = string

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/

// The year 9000 is excluded, so that the millisecond after any valid time still has a year of four digits.
const END = Date.UTC(9000, 0, 1)

/** Milliseconds since the Unix epoch; `undefined` for anything that is not a `Time`, such as 30 February. */
export function parseTime(text: string): number | undefined {
  const digits = FORM.exec(text)?.slice(1).map(Number)
  if (!digits) return undefined
  const [year = 0, month = 0, ...rest] = digits
  // Not Date.parse: it loads the time zones first, which takes longer than all other date handling of a read.
  const ms = Date.UTC(year, month - 1, ...rest)
  // Date.UTC accepts 30 February as 2 March.
  return inRange(ms) && new Date(ms).toISOString() === text ? ms : undefined
}

/** Whether `text` is a `Time`. Cheap for most dates, because documents hold many. */
export function isTime(text: string): boolean {
  return DAY_OF_ANY_MONTH.test(text) || parseTime(text) !== undefined
}

/** A `Time` on a day from 1 to 28, which every month has. */
const DAY_OF_ANY_MONTH =
  /^(?:19[7-9]\d|[2-8]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/** `ms` since the Unix epoch. Throws `RepositoryState` outside 1970 to 8999: a clock is badly wrong. */
export function formatTime(ms: number): Time {
  if (inRange(ms)) return new Date(ms).toISOString()
  throw new VaultError('RepositoryState', 'a date is outside the years 1970 to 8999', {
    hint: 'set the clock of this machine, and check the vault for dates far in the future'
  })
}

/** The millisecond after `time`. */
export function nextTime(time: Time): Time {
  return formatTime((parseTime(time) ?? Number.NaN) + 1)
}

/** How far ahead of a clock a date may be, in milliseconds. */
const FURTHEST_AHEAD = 24 * 60 * 60 * 1000

/** Whether `time` is so far ahead of `now` (milliseconds since the Unix epoch) that no write builds on it. */
export function isAhead(time: Time, now: number): boolean {
  return (parseTime(time) ?? 0) > now + FURTHEST_AHEAD
}

/** The latest of the defined ones; `undefined` if there is none. */
export function latest(...times: (Time | undefined)[]): Time | undefined {
  return latestOf(times)
}

/** As `latest`, for a list from a file: as arguments, very many would overflow the stack. */
export function latestOf(times: Iterable<Time | undefined>): Time | undefined {
  let last: Time | undefined
  for (const time of times) if (last === undefined || (time !== undefined && time > last)) last = time
  return last
}

function inRange(ms: number): boolean {
  return Number.isInteger(ms) && ms >= 0 && ms < END
}
