import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTime, isTime, latest, nextTime, parseTime } from '../../src/core/time.js'

const END = Date.UTC(9000, 0, 1)
const moments = fc.integer({ min: 0, max: END - 1 })

describe('a time', () => {
  it('is parsed back from its text', () => {
    fc.assert(fc.property(moments, ms => parseTime(formatTime(ms)) === ms && formatTime(ms).length === 24))
  })

  it('is recognised by isTime exactly if it parses', () => {
    const number = (from: number, to: number, digits: number) =>
      fc.integer({ min: from, max: to }).map(value => String(value).padStart(digits, '0'))
    const likely = fc
      .tuple(
        fc.oneof(number(1960, 2110, 4), number(8990, 9010, 4)),
        ...[number(0, 13, 2), fc.oneof(number(0, 32, 2), number(27, 32, 2)), number(0, 25, 2)],
        ...[number(0, 61, 2), number(0, 61, 2), number(0, 999, 3)]
      )
      .map(([year, month, day, h, m, s, ms]) => `${year}-${month}-${day}T${h}:${m}:${s}.${ms}Z`)
    const any = fc.oneof(likely, moments.map(formatTime), fc.string())
    fc.assert(
      fc.property(any, text => isTime(text) === (parseTime(text) !== undefined)),
      { numRuns: 2_000 }
    )
  })

  it('sorts as a string', () => {
    fc.assert(fc.property(moments, moments, (a, b) => formatTime(a) < formatTime(b) === a < b))
  })

  it('spans 1970 to 8999', () => {
    expect(parseTime('1970-01-01T00:00:00.000Z')).toBe(0)
    expect(parseTime('8999-12-31T23:59:59.999Z')).toBe(END - 1)
    expect(parseTime('1969-12-31T23:59:59.999Z')).toBeUndefined()
    expect(parseTime('9000-01-01T00:00:00.000Z')).toBeUndefined()
  })

  it.each([
    '',
    '2025-11-23',
    '2025-11-23T18:50:01Z',
    '2025-11-23T18:50:01.03Z',
    '2025-11-23T18:50:01.0033Z',
    '2025-11-23T18:50:01.003',
    '2025-11-23T18:50:01.003+00:00',
    '2025-11-23t18:50:01.003z',
    '2025-11-23T18:50:01.003Z\n',
    '+002025-11-23T18:50:01.003Z',
    '2025-02-30T00:00:00.000Z',
    '2025-02-29T00:00:00.000Z',
    '2025-13-01T00:00:00.000Z',
    '2025-11-23T24:00:00.000Z',
    '2025-11-23T23:60:00.000Z',
    '2025-11-23T23:59:60.000Z'
  ])('is not %j', text => {
    expect(parseTime(text)).toBeUndefined()
  })

  it.each([-1, END, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('is not made of %d ms', ms => {
    expect(() => formatTime(ms)).toThrow(expect.objectContaining({ code: 'RepositoryState' }))
  })
})

it('the next time is a millisecond later', () => {
  expect(nextTime('2025-12-31T23:59:59.999Z')).toBe('2026-01-01T00:00:00.000Z')
})

it('the latest is the greatest of the defined times', () => {
  const [early, late] = ['2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.001Z']
  expect(latest()).toBeUndefined()
  expect(latest(undefined)).toBeUndefined()
  expect(latest(undefined, early)).toBe(early)
  expect(latest(early, undefined, late)).toBe(late)
  expect(latest(late, early, undefined)).toBe(late)
})
