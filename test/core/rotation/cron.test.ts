import { Cron as Croner } from 'croner'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextMatch, parseCron, type Cron } from '../../../src/core/rotation/cron.js'
import { cronFields } from './expressions.js'
import { matches } from './matches.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** From 2000, a leap year, to after 2100, which is none. */
const times = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2110, 0, 1) })

const parsed = (fields: string): Cron => {
  const cron = parseCron(fields)
  if (typeof cron === 'string') throw new Error(`${fields}: ${cron}`)
  return cron
}
const next = (fields: string, time: number) => nextMatch(parsed(fields), time)
const iso = (time: number | undefined) => (time === undefined ? 'never' : new Date(time).toISOString())

/**
 * Worked out by hand from three facts: 1 January 2028 is a Saturday, 2028 is a leap year, and a month's first weekday is that
 * of the month before, later by its length modulo 7. So the months of 2028 begin on: Sat Tue Wed, Sat Mon Thu, Sat Tue Fri,
 * Sun Wed Fri; and 2029 on a Monday.
 */
const TABLE: readonly (readonly [fields: string, after: string, next: string])[] = [
  // leap days
  ['0 8 * * ? *', '2028-02-28T08:00', '2028-02-29T08:00'],
  ['0 8 * * ? *', '2027-02-28T08:00', '2027-03-01T08:00'],
  ['0 8 29 2 ? *', '2028-02-29T08:00', '2032-02-29T08:00'],
  ['0 8 29 2 ? *', '2096-02-29T08:00', '2104-02-29T08:00'],
  // ends of months
  ['0 0 31 * ? *', '2028-01-31T00:00', '2028-03-31T00:00'],
  ['0 0 31 * ? *', '2028-03-31T00:00', '2028-05-31T00:00'],
  ['0 0 30 * ? *', '2028-01-30T00:00', '2028-03-30T00:00'],
  ['0 0 */10 * ? *', '2028-01-31T00:00', '2028-02-01T00:00'],
  ['0 0 L * ? *', '2028-02-01T00:00', '2028-02-29T00:00'],
  ['0 0 L * ? *', '2027-02-01T00:00', '2027-02-28T00:00'],
  ['0 0 L 4 ? *', '2028-01-01T00:00', '2028-04-30T00:00'],
  // 30 April and 31 December are Sundays
  ['0 0 LW * ? *', '2028-04-01T00:00', '2028-04-28T00:00'],
  ['0 0 LW * ? *', '2028-12-01T00:00', '2028-12-29T00:00'],
  ['0 0 LW * ? *', '2028-02-01T00:00', '2028-02-29T00:00'],
  // the 15th: a Saturday in January, a Tuesday in February, a Sunday in October
  ['0 0 15W * ? *', '2028-01-01T00:00', '2028-01-14T00:00'],
  ['0 0 15W * ? *', '2028-01-14T00:00', '2028-02-15T00:00'],
  ['0 0 15W * ? *', '2028-10-01T00:00', '2028-10-16T00:00'],
  // at the borders of a month: not into the month before or after
  ['0 0 1W * ? *', '2027-12-31T12:00', '2028-01-03T00:00'],
  ['0 0 1W * ? *', '2028-09-30T00:00', '2028-10-02T00:00'],
  ['0 0 30W * ? *', '2028-01-01T00:00', '2028-01-31T00:00'],
  ['0 0 30W * ? *', '2028-04-02T00:00', '2028-04-28T00:00'],
  ['0 0 30W * ? *', '2028-01-31T12:00', '2028-03-30T00:00'],
  ['0 0 31W * ? *', '2028-03-31T12:00', '2028-05-31T00:00'],
  ['0 0 31W * ? *', '2028-12-01T00:00', '2028-12-29T00:00'],
  ['0 0 28W 2 ? *', '2027-01-01T00:00', '2027-02-26T00:00'],
  ['0 0 29W 2 ? *', '2028-03-01T00:00', '2032-02-27T00:00'],
  // months without a fifth
  ['0 0 ? * SUN#5 *', '2028-02-01T00:00', '2028-04-30T00:00'],
  ['0 0 ? * TUE#5 *', '2028-02-01T00:00', '2028-02-29T00:00'],
  ['0 0 ? 2 SUN#5 *', '2028-01-01T00:00', '2032-02-29T00:00'],
  // every four years it moves on by 5 weekdays, from 2096 to 2104 by 2
  ['0 0 ? 2 SUN#5 *', '2088-02-29T00:00', '2128-02-29T00:00'],
  // others of the week
  ['0 0 ? * 6L *', '2028-02-25T00:00', '2028-03-31T00:00'],
  ['0 0 ? * FRIL *', '2028-12-30T00:00', '2029-01-26T00:00'],
  ['0 0 ? * L *', '2028-01-01T00:00', '2028-01-08T00:00'],
  ['0 0 ? * 1 *', '2028-12-31T00:00', '2029-01-07T00:00'],
  ['0 8 ? * mon#3 *', '2028-05-01T00:00', '2028-05-15T08:00'],
  ['0 0 ? * 6#1 *', '2028-12-01T00:00', '2029-01-05T00:00'],
  ['0 0 ? * MON-FRI *', '2028-12-29T00:00', '2029-01-01T00:00'],
  // ends of years
  ['0 0/4 * * ? *', '2028-12-31T20:00', '2029-01-01T00:00'],
  ['0 23 31 12 ? *', '2028-12-31T23:00', '2029-12-31T23:00'],
  ['0 0 1 1/3 ? *', '2028-10-01T00:00', '2029-01-01T00:00'],
  ['0 10 1 */2 ? *', '2028-01-01T10:00', '2028-03-01T10:00'],
  // the minute and millisecond around a match
  ['0 16 1,15 * ? *', '2028-01-15T15:59', '2028-01-15T16:00'],
  ['0 16 1,15 * ? *', '2028-01-15T16:00', '2028-02-01T16:00'],
  // lists in any order
  ['0 20,4,9 * * ? *', '2028-06-30T09:00', '2028-06-30T20:00'],
  ['0 0 20,5 * ? *', '2028-06-06T00:00', '2028-06-20T00:00']
]

describe('the next match', () => {
  it.each(TABLE)('of %s after %s is %s', (fields, after, expected) => {
    expect(iso(next(fields, Date.parse(`${after}:00Z`)))).toBe(`${expected}:00.000Z`)
  })

  it.each(['0 0 30 2 ? *', '0 0 31 2,4,6,9,11 ? *', '0 0 31W 4 ? *'])('of %s is never', fields =>
    expect(next(fields, Date.UTC(2028, 0, 1))).toBeUndefined()
  )

  it('is found on 29 February of any weekday, from any year of a cycle of the calendar', () => {
    const found = new Set<string>()
    for (let year = 2000; year < 2400; year++)
      for (let weekday = 1; weekday <= 7; weekday++) {
        const date = new Date(next(`0 0 ? 2 ${weekday}#5 *`, Date.UTC(year, 1, 29)) ?? Number.NaN)
        found.add(`${date.getUTCDate()}.${date.getUTCMonth() + 1} ${date.getUTCDay() + 1 - weekday}`)
      }
    expect([...found]).toEqual(['29.2 0'])
  })
})

describe('for any expression', () => {
  it('the next match is later, matches, and no other lies between', () => {
    fc.assert(
      fc.property(cronFields, times, (fields, time) => {
        const found = next(fields, time)
        if (found !== undefined) {
          expect(found).toBeGreaterThan(time)
          expect(matches(fields, found)).toBe(true)
        }
        const end = Math.min(found ?? Infinity, time + 60 * DAY)
        const first = Math.floor(time / HOUR) * HOUR + HOUR
        const between = []
        for (let at = first; at < end; at += HOUR) if (matches(fields, at)) between.push(iso(at))
        expect(between).toEqual([])
      }),
      { numRuns: 300 }
    )
  })

  it('a later time has no earlier match, and the millisecond before a match has that match', () => {
    fc.assert(
      fc.property(cronFields, times, times, (fields, a, b) => {
        const [early, late] = [next(fields, Math.min(a, b)), next(fields, Math.max(a, b))]
        if (early === undefined || late === undefined) {
          // no result of an assertion is one of the property
          expect(early).toBe(late)
          return
        }
        expect(early).toBeLessThanOrEqual(late)
        expect(next(fields, early - 1)).toBe(early)
      }),
      { numRuns: 1000 }
    )
  })

  it('croner finds the same', () => {
    fc.assert(
      fc.property(cronFields, times, (fields, time) => {
        const ours = iso(next(fields, time))
        expect(iso(inCroner(fields).nextRun(new Date(time))?.getTime())).toBe(ours)
      }),
      { numRuns: 3000 }
    )
  })
})

/** Croner has no year, no `/5`, no `2/4` and no `L` for Saturday. */
function inCroner(fields: string): Croner {
  const lasts = [59, 23, 31, 12, 7]
  const translated = fields
    .split(' ')
    .slice(0, 5)
    .map((field, at) =>
      field === '?'
        ? '*'
        : at === 4 && field === 'L'
          ? '7'
          : field
              .split(',')
              .map(item => item.replace(/^\//, '*/').replace(/^(\w+)\//, `$1-${lasts[at]}/`))
              .join(',')
    )
  return new Croner(translated.join(' '), { paused: true, utcOffset: 0, alternativeWeekdays: true })
}
