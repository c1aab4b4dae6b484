/** In milliseconds. A day in UTC has no other length. */
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** The midnight, in UTC, at which the day of `time` begins. Both in milliseconds since the Unix epoch. */
export function midnight(time: number): number {
  return Math.floor(time / DAY) * DAY
}

/** A month of the Gregorian calendar. */
export interface Month {
  /** Its first midnight, in milliseconds since the Unix epoch. */
  readonly start: number
  readonly length: number
  /** The weekday of its first day: 0 for Sunday to 6. */
  readonly first: number
}

/** @param index the number of months since January 1970 */
export function monthAt(index: number): Month {
  const start = Date.UTC(1970, index)
  return { start, length: (Date.UTC(1970, index + 1) - start) / DAY, first: new Date(start).getUTCDay() }
}

/** The `index` of the month that `time` is in. */
export function monthIndex(time: number): number {
  const date = new Date(time)
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
}
