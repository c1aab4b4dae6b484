import { parseTime, type Time } from '../core/time.js'

/** The date of a time in a verified document, whose schema has checked its form. */
export function toDate(time: Time): Date {
  return new Date(parseTime(time) ?? Number.NaN)
}
