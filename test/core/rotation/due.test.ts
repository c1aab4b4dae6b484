import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDue, nextRotation } from '../../../src/core/rotation/due.js'
import type { RotationRules } from '../../../src/core/rotation/rules.js'
import { formatTime } from '../../../src/core/time.js'
import { scheduled } from './expressions.js'

const SECOND = 1000
const DAY = 86_400_000

const time = (text: string) => `${text}:00.000Z`
const ms = (text: string) => Date.parse(time(text))
const iso = (at: number) => new Date(at).toISOString().slice(0, 16)

const cron = (fields: string, Duration?: string): RotationRules => ({
  ScheduleExpression: `cron(${fields})`,
  Duration
})
const rate = (often: string, Duration?: string): RotationRules => ({
  ScheduleExpression: `rate(${often})`,
  Duration
})
const after = (AutomaticallyAfterDays: number, Duration?: string): RotationRules => ({
  AutomaticallyAfterDays,
  Duration
})

/**
 * Worked out by hand. Days are counted on a calendar of 2028, whose February has 29 days. Hours are counted from the midnight
 * before the rules were set. A window ends after its Duration, at midnight, or when the next begins, whichever is first.
 */
const WINDOWS: readonly (readonly [
  what: string,
  rules: RotationRules,
  setUp: string,
  rotated: string | undefined,
  now: string,
  start: string,
  end: string,
  due: ReturnType<typeof isDue>
])[] = [
  // days: the whole day, or the first hours of it
  [
    '30 days from the set-up',
    after(30),
    '2028-01-31T15:00',
    undefined,
    '2028-01-31T15:00',
    '2028-03-01T00:00',
    '2028-03-02T00:00',
    'not due'
  ],
  [
    '30 days from the rotation',
    after(30),
    '2028-01-31T15:00',
    '2028-02-10T12:00',
    '2028-03-11T23:59',
    '2028-03-11T00:00',
    '2028-03-12T00:00',
    'due'
  ],
  [
    'a year from a leap day',
    after(365),
    '2028-01-01T00:00',
    '2028-02-29T10:00',
    '2028-03-01T00:00',
    '2029-02-28T00:00',
    '2029-03-01T00:00',
    'not due'
  ],
  [
    'the next year',
    after(1, '3h'),
    '2028-01-01T00:00',
    '2028-12-31T01:00',
    '2028-12-31T02:00',
    '2029-01-01T00:00',
    '2029-01-01T03:00',
    'not due'
  ],
  [
    'a rate in days',
    rate('10 days', '6h'),
    '2028-01-01T00:00',
    '2028-02-20T23:00',
    '2028-03-01T05:59',
    '2028-03-01T00:00',
    '2028-03-01T06:00',
    'due'
  ],
  [
    'one day',
    rate('1 day'),
    '2028-02-28T12:00',
    undefined,
    '2028-02-28T13:00',
    '2028-02-29T00:00',
    '2028-03-01T00:00',
    'not due'
  ],
  [
    'fewer days than have passed',
    rate('10 days'),
    '2028-03-01T12:00',
    '2028-01-01T12:00',
    '2028-03-01T13:00',
    '2028-03-02T00:00',
    '2028-03-03T00:00',
    'not due'
  ],
  // hours: one hour, unless Duration says otherwise
  [
    '4 hours',
    rate('4 hours'),
    '2028-01-01T10:30',
    undefined,
    '2028-01-01T10:30',
    '2028-01-01T12:00',
    '2028-01-01T13:00',
    'not due'
  ],
  [
    '4 hours, as long as possible',
    rate('4 hours', '24h'),
    '2028-01-01T10:30',
    undefined,
    '2028-01-01T15:59',
    '2028-01-01T12:00',
    '2028-01-01T16:00',
    'due'
  ],
  [
    '10 hours',
    rate('10 hours', '5h'),
    '2028-01-01T00:00',
    '2028-01-01T04:00',
    '2028-01-01T09:00',
    '2028-01-01T10:00',
    '2028-01-01T15:00',
    'not due'
  ],
  [
    '10 hours, until midnight',
    rate('10 hours', '8h'),
    '2028-01-01T10:30',
    undefined,
    '2028-01-01T23:59',
    '2028-01-01T20:00',
    '2028-01-02T00:00',
    'due'
  ],
  [
    '10 hours, on the next day',
    rate('10 hours', '8h'),
    '2028-01-01T10:30',
    '2028-01-01T21:00',
    '2028-01-02T00:00',
    '2028-01-02T06:00',
    '2028-01-02T14:00',
    'not due'
  ],
  [
    '10 hours from the window, not from the rotation in it',
    rate('10 hours', '8h'),
    '2028-01-01T10:30',
    '2028-01-02T13:59',
    '2028-01-02T15:00',
    '2028-01-02T16:00',
    '2028-01-03T00:00',
    'not due'
  ],
  [
    '36 hours over a leap day',
    rate('36 hours'),
    '2028-02-28T05:00',
    undefined,
    '2028-02-28T05:00',
    '2028-02-29T12:00',
    '2028-02-29T13:00',
    'not due'
  ],
  [
    '36 hours after that',
    rate('36 hours'),
    '2028-02-28T05:00',
    '2028-02-29T12:10',
    '2028-03-01T00:30',
    '2028-03-02T00:00',
    '2028-03-02T01:00',
    'not due'
  ],
  // cron: to the end of the day, or one hour if it has several hours
  [
    '8:00, set before',
    cron('0 8 * * ? *'),
    '2028-01-01T07:00',
    undefined,
    '2028-01-01T07:00',
    '2028-01-01T08:00',
    '2028-01-02T00:00',
    'not due'
  ],
  [
    '8:00, set after',
    cron('0 8 * * ? *'),
    '2028-01-01T09:00',
    undefined,
    '2028-01-01T09:00',
    '2028-01-02T08:00',
    '2028-01-03T00:00',
    'not due'
  ],
  [
    '8:00, set then',
    cron('0 8 * * ? *'),
    '2028-01-01T08:00',
    undefined,
    '2028-01-01T08:00',
    '2028-01-02T08:00',
    '2028-01-03T00:00',
    'not due'
  ],
  [
    'twice a month',
    cron('0 16 1,15 * ? *', '2h'),
    '2028-01-01T00:00',
    '2028-01-01T16:30',
    '2028-01-15T17:59',
    '2028-01-15T16:00',
    '2028-01-15T18:00',
    'due'
  ],
  [
    '20:00, until midnight',
    cron('0 20 L * ? *', '12h'),
    '2028-02-01T00:00',
    undefined,
    '2028-02-02T00:00',
    '2028-02-29T20:00',
    '2028-03-01T00:00',
    'not due'
  ],
  [
    'midnight, the whole day',
    cron('0 0 ? * TUE#5 *', '24h'),
    '2028-02-01T00:00',
    undefined,
    '2028-02-29T23:59',
    '2028-02-29T00:00',
    '2028-03-01T00:00',
    'due'
  ],
  [
    'three times a day',
    cron('0 0/8 * * ? *'),
    '2028-12-31T20:00',
    undefined,
    '2028-12-31T20:00',
    '2029-01-01T00:00',
    '2029-01-01T01:00',
    'not due'
  ],
  [
    'three times a day, as long as possible',
    cron('0 0/8 * * ? *', '24h'),
    '2028-12-31T20:00',
    undefined,
    '2029-01-01T07:59',
    '2029-01-01T00:00',
    '2029-01-01T08:00',
    'due'
  ],
  [
    '20:00 and midnight',
    cron('0 0,20 * * ? *', '8h'),
    '2028-12-31T12:00',
    undefined,
    '2028-12-31T20:00',
    '2028-12-31T20:00',
    '2029-01-01T00:00',
    'due'
  ],
  [
    'rotated by hand an hour before',
    cron('0 8 * * ? *'),
    '2028-01-01T00:00',
    '2028-01-02T07:00',
    '2028-01-02T07:30',
    '2028-01-02T08:00',
    '2028-01-03T00:00',
    'not due'
  ],
  // missed
  [
    'a day missed: the next day',
    rate('10 days', '6h'),
    '2028-01-01T00:00',
    '2028-01-01T00:00',
    '2028-01-11T06:00',
    '2028-01-12T00:00',
    '2028-01-12T06:00',
    'overdue'
  ],
  [
    'a day missed: on a later day',
    rate('10 days', '6h'),
    '2028-01-01T00:00',
    '2028-01-01T00:00',
    '2028-01-20T05:00',
    '2028-01-20T00:00',
    '2028-01-20T06:00',
    'due'
  ],
  [
    'hours missed',
    rate('6 hours'),
    '2028-01-01T00:00',
    '2028-01-01T00:10',
    '2028-01-01T07:00',
    '2028-01-01T12:00',
    '2028-01-01T13:00',
    'overdue'
  ],
  [
    'hours missed: the window after',
    rate('6 hours'),
    '2028-01-01T00:00',
    '2028-01-01T00:10',
    '2028-01-01T12:30',
    '2028-01-01T12:00',
    '2028-01-01T13:00',
    'due'
  ],
  [
    'cron missed',
    cron('0 16 1,15 * ? *', '2h'),
    '2028-01-01T00:00',
    undefined,
    '2028-01-01T18:00',
    '2028-01-15T16:00',
    '2028-01-15T18:00',
    'overdue'
  ],
  [
    'cron missed many times',
    cron('0 16 1,15 * ? *', '2h'),
    '2028-01-01T00:00',
    undefined,
    '2028-02-29T00:00',
    '2028-03-01T16:00',
    '2028-03-01T18:00',
    'overdue'
  ]
]

describe('the window', () => {
  it.each(WINDOWS)('%s', (_, rules, setUp, rotated, now, start, end, due) => {
    const state = { setUp: time(setUp), lastRotated: rotated && time(rotated) }
    const { window } = nextRotation(rules, state, ms(now))!
    expect([iso(window.start), iso(window.end), isDue(rules, state, ms(now))]).toEqual([start, end, due])
  })

  it('of days counts from a value stored by hand; hours and cron do not', () => {
    const state = {
      setUp: time('2028-01-01T00:00'),
      lastRotated: time('2028-01-03T01:00'),
      valueStored: time('2028-01-05T09:00')
    }
    const starts = [after(10), rate('10 days'), rate('12 hours'), cron('0 8 * * ? *')].map(rules =>
      iso(nextRotation(rules, state, ms('2028-01-03T02:00'))!.window.start)
    )
    expect(starts).toEqual(['2028-01-15T00:00', '2028-01-15T00:00', '2028-01-03T12:00', '2028-01-03T08:00'])
  })

  it('of days does not count from a value stored before the rules were set', () => {
    const state = { setUp: time('2028-06-01T00:00'), valueStored: time('2028-01-01T00:00') }
    const { window, isMissed } = nextRotation(after(30), state, ms('2028-06-01T00:00'))!
    expect([iso(window.start), isMissed]).toEqual(['2028-07-01T00:00', false])
  })
})

describe('NextRotationDate', () => {
  const state = { setUp: time('2028-01-01T12:00') }
  const date = (rules: RotationRules, now: string) =>
    new Date(nextRotation(rules, state, ms(now))!.date).toISOString()

  it('is the last second of the window', () => {
    expect(date(after(30), '2028-01-02T00:00')).toBe('2028-01-31T23:59:59.000Z')
    expect(date(cron('0 8 * * ? *', '2h'), '2028-01-02T00:00')).toBe('2028-01-02T09:59:59.000Z')
  })

  it('[DOC] is in the past after a window was missed', () => {
    expect(date(after(30), '2028-06-01T00:00')).toBe('2028-01-31T23:59:59.000Z')
    expect(date(cron('0 8 * * ? *', '2h'), '2028-06-01T00:00')).toBe('2028-01-02T09:59:59.000Z')
  })
})

describe('there is no next rotation', () => {
  const state = { setUp: time('2028-01-01T00:00') }
  it.each<[string, RotationRules]>([
    ['without a schedule', {}],
    ['with a Duration alone', { Duration: '3h' }],
    ['with rules that are not valid', { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }],
    ['with an expression that is not valid', rate('3 hours')],
    ['with a Duration that is not valid', rate('4 hours', '25h')],
    ['on 30 February', cron('0 0 30 2 ? *')],
    ['after the year 8999', rate('9999999 days')],
    ['after any number of days', rate(`${'9'.repeat(240)} days`)],
    ['after any number of hours', rate(`${'9'.repeat(240)} hours`)],
    ['after more digits than a number has', rate(`${'9'.repeat(400)} hours`)]
  ])('%s', (_, rules) => {
    for (const now of ['2028-01-01T00:00', '2040-01-01T00:00']) {
      expect(nextRotation(rules, state, ms(now))).toBeUndefined()
      expect(isDue(rules, state, ms(now))).toBe('not due')
    }
  })

  it('at the end of the year 8999', () => {
    const last = { setUp: time('8999-12-30T00:00') }
    const { window } = nextRotation(after(1), last, ms('8999-12-31T12:00'))!
    expect(iso(window.start)).toBe('8999-12-31T00:00')
    expect(nextRotation(after(1), last, ms('9000-01-01T00:00'))).toBeUndefined()
    expect(nextRotation(after(2), last, ms('8999-12-31T12:00'))).toBeUndefined()
    expect(nextRotation(cron('0 0 1 1 ? *'), last, ms('8999-12-31T12:00'))).toBeUndefined()
  })
})

describe('for any rules', () => {
  const from = Date.UTC(2027, 0, 1)
  const moments = fc.integer({ min: from, max: Date.UTC(2031, 0, 1) })
  const states = fc.record(
    {
      setUp: moments.map(formatTime),
      lastRotated: moments.map(formatTime),
      valueStored: moments.map(formatTime)
    },
    { requiredKeys: ['setUp'] }
  )
  /** A part of the time from `start` to `end`. */
  const within = fc.integer({ min: 0, max: 999 })
  const part = (start: number, end: number, share: number) =>
    start + Math.floor(((end - start) * share) / 1000)
  const runs = { numRuns: 500 }

  it('the window has not ended, and begins after the last rotation', () => {
    fc.assert(
      fc.property(scheduled, states, moments, (rules, state, now) => {
        const next = nextRotation(rules, state, now)
        if (!next) return
        expect(next.window.end).toBeGreaterThan(now)
        expect(next.window.start).toBeGreaterThan(Date.parse(state.setUp))
        expect(next.window.start).toBeGreaterThan(Date.parse(state.lastRotated ?? state.setUp))
        expect(next.isOpen).toBe(next.window.start <= now)
        expect(next.isMissed).toBe(next.date + SECOND <= now)
        expect(isDue(rules, state, now)).toBe(next.isOpen ? 'due' : next.isMissed ? 'overdue' : 'not due')
      }),
      runs
    )
  })

  it('the window is not empty, no longer than Duration, and in one day', () => {
    fc.assert(
      fc.property(scheduled, states, moments, (rules, state, now) => {
        const { window } = nextRotation(rules, state, now) ?? {}
        if (!window) return
        const hours = (window.end - window.start) / 3_600_000
        expect(hours).toBeGreaterThanOrEqual(1)
        expect(hours).toBeLessThanOrEqual(Number.parseInt(rules.Duration ?? '24h', 10))
        expect(Math.floor((window.end - 1) / DAY)).toBe(Math.floor(window.start / DAY))
      }),
      runs
    )
  })

  it('a secret rotated in its window is not due until the next, which does not overlap', () => {
    fc.assert(
      fc.property(scheduled, states, moments, within, within, (rules, state, now, early, late) => {
        const { window } = nextRotation(rules, state, now) ?? {}
        if (!window) return
        const rotated = part(window.start, window.end, early)
        const after = { ...state, lastRotated: formatTime(rotated) }
        const next = nextRotation(rules, after, rotated)
        if (!next) return
        expect(next.window.start).toBeGreaterThanOrEqual(window.end)
        for (const at of [
          rotated,
          window.end - 1,
          part(rotated, next.window.start, late),
          next.window.start - 1
        ])
          expect(isDue(rules, after, at)).toBe('not due')
        for (const at of [next.window.start, next.window.end - 1]) expect(isDue(rules, after, at)).toBe('due')
      }),
      runs
    )
  })

  it('a window that was missed is due in the next one, and not before', () => {
    fc.assert(
      fc.property(scheduled, states, moments, within, (rules, state, now, share) => {
        const missed = nextRotation(rules, state, now)
        const next = missed && nextRotation(rules, state, missed.window.end)
        if (!next) return
        expect(next.isMissed).toBe(true)
        expect(next.date).toBe(missed.date)
        const { start } = next.window
        for (const at of [missed.window.end, part(missed.window.end, start, share)])
          expect(isDue(rules, state, at)).toBe(at < start ? 'overdue' : 'due')
        expect(isDue(rules, state, start)).toBe('due')
      }),
      runs
    )
  })

  it('a later moment has no earlier window, and a moment in a window has that window', () => {
    fc.assert(
      fc.property(scheduled, states, moments, moments, within, (rules, state, a, b, share) => {
        const early = nextRotation(rules, state, Math.min(a, b))
        const late = nextRotation(rules, state, Math.max(a, b))
        if (!early || !late) return
        expect(early.window.start).toBeLessThanOrEqual(late.window.start)
        expect(early.date).toBe(late.date)
        const { start, end } = early.window
        for (const at of [start, part(start, end, share), end - 1])
          expect(nextRotation(rules, state, at)?.window).toEqual(early.window)
      }),
      runs
    )
  })
})
