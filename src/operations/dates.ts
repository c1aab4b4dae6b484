import { parseTime, type Time } from '../core/time.js'

/** A time of a verified document, whose schema and signature vouch for its form. */
export function toDate(time: Time): Date {
  return new Date(parseTime(time) ?? Number.NaN)
}
