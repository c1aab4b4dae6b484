import { Cron as Croner } from 'croner'
import { afterAll, describe, expect, it } from 'vitest'
import { isDue, nextRotation } from '../../../src/core/rotation/due.js'
import type { RotationRules } from '../../../src/core/rotation/rules.js'
import { formatTime } from '../../../src/core/time.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2028, 0, 1)
const END = Date.UTC(2029, 0, 1)

/** The moments from `from` to the end of 2028, `by` milliseconds apart. */
const every = (by: number, from: number) =>
  Array.from({ length: Math.ceil((END - from) / by) }, (_, at) => from + at * by)

/** The matches of croner in 2028 after its first millisecond, which is when the rules are set. */
const inCroner = (pattern: string) =>
  new Croner(pattern, { paused: true, utcOffset: 0, alternativeWeekdays: true })
    .nextRuns(10_000, new Date(START))
    .map(date => date.getTime())
    .filter(time => time < END)

/** Rules, how many rotations they make in 2028, and the start of the window of each. */
const SCHEDULES: readonly (readonly [rules: RotationRules, count: number, starts: readonly number[]])[] = [
  // 366 days: every 30 from 31 January, every 4 hours but the first
  [{ AutomaticallyAfterDays: 30 }, 12, every(30 * DAY, START + 30 * DAY)],
  [{ AutomaticallyAfterDays: 7, Duration: '2h' }, 52, every(7 * DAY, START + 7 * DAY)],
  [{ ScheduleExpression: 'rate(1 day)' }, 365, every(DAY, START + DAY)],
  [{ ScheduleExpression: 'rate(4 hours)' }, 366 * 6 - 1, every(4 * HOUR, START + 4 * HOUR)],
  [{ ScheduleExpression: 'rate(10 hours)', Duration: '3h' }, 878, every(10 * HOUR, START + 10 * HOUR)],
  [{ ScheduleExpression: 'cron(0 2 * * ? *)', Duration: '1h' }, 366, inCroner('0 2 * * *')],
  [{ ScheduleExpression: 'cron(0 8/8 * * ? *)' }, 732, inCroner('0 8-23/8 * * *')],
  [{ ScheduleExpression: 'cron(0 16 1,15 * ? *)', Duration: '2h' }, 24, inCroner('0 16 1,15 * *')],
  [{ ScheduleExpression: 'cron(0 22 L * ? *)' }, 12, inCroner('0 22 L * *')],
  [{ ScheduleExpression: 'cron(0 6 1W * ? *)' }, 12, inCroner('0 6 1W * *')],
  [{ ScheduleExpression: 'cron(0 6 31W * ? *)' }, 7, inCroner('0 6 31W * *')],
  // Saturdays in January, April, July, September and December: the year begins on one
  [{ ScheduleExpression: 'cron(0 6 ? * SAT#5 *)' }, 5, inCroner('0 6 * * SAT#5')],
  [{ ScheduleExpression: 'cron(0 6 29 2 ? *)' }, 1, [Date.UTC(2028, 1, 29, 6)]]
]

/** When a machine rotates a secret, if it looks at the clock at these times. */
function rotations(rules: RotationRules, looks: readonly number[]): number[] {
  const made: number[] = []
  for (const now of looks) {
    const last = made.at(-1)
    const state = { setUp: formatTime(START), lastRotated: last === undefined ? undefined : formatTime(last) }
    if (isDue(rules, state, now) === 'due') made.push(now)
  }
  return made
}

describe('through 2028, looking every hour', () => {
  const looks = every(HOUR, START)
  it.each(SCHEDULES)('%o makes %i rotations, each when its window opens', (rules, count, starts) => {
    expect(rotations(rules, looks)).toEqual(starts)
    expect(starts).toHaveLength(count)
  })
})

describe('the zone of local time makes no difference', () => {
  // Over the year they fall on each hour of the day.
  const looks = every(5 * HOUR, START)
  const results = () =>
    SCHEDULES.map(([rules]) => [
      rotations(rules, looks),
      // Rules that are set on New Year's Eve, which is another year in other zones.
      every(HOUR, END - DAY).map(now => nextRotation(rules, { setUp: formatTime(now) }, now))
    ])
  const inUtc = results()
  const before = process.env['TZ']
  afterAll(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  // Each has daylight saving time: in the north, in the south by half an hour, and far ahead of UTC.
  it.each(['America/New_York', 'Australia/Lord_Howe', 'Pacific/Auckland'])('%s', zone => {
    process.env['TZ'] = zone
    const [january, july] = [0, 6].map(month => new Date(2028, month, 1).getTimezoneOffset())
    expect(january).not.toBe(july)
    expect(results()).toEqual(inUtc)
  })
})

it('a machine that is on for some hours a day rotates in windows alone, as soon as there is one', () => {
  // From 9:20 to 16:20, but not at weekends nor in July.
  const looks = every(HOUR, START + 20 * 60_000).filter(time => {
    const date = new Date(time)
    const hour = date.getUTCHours()
    return hour >= 9 && hour <= 16 && date.getUTCDay() % 6 !== 0 && date.getUTCMonth() !== 6
  })
  const days = (rules: RotationRules) =>
    rotations(rules, looks).map(time => new Date(time).toISOString().slice(5, 13))

  // Weekends and July put it off to the next workday, from which the next 30 days count.
  expect(days({ AutomaticallyAfterDays: 30 })).toEqual(
    '01-31T09 03-01T09 03-31T09 05-01T09 05-31T09 06-30T09 08-01T09 08-31T09 10-02T09 11-01T09 12-01T09'.split(
      ' '
    )
  )
  // The machine is never on in these windows.
  expect(days({ AutomaticallyAfterDays: 30, Duration: '9h' })).toEqual([])
  // On the days that are workdays: both are Saturdays in January, April and July, and Sundays in October.
  expect(days({ ScheduleExpression: 'cron(0 14 1,15 * ? *)', Duration: '2h' })).toEqual(
    [2, 3, 5, 6, 8, 9, 11, 12].flatMap(month =>
      ['01', '15'].map(day => `${String(month).padStart(2, '0')}-${day}T14`)
    )
  )
})
