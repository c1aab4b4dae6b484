import { describe, expect, it } from 'vitest'
import { retryTime } from '../../../src/core/rotation/attempts.js'
import { choose, claimIn, patienceFor, renewClaim, type Situation } from '../../../src/core/rotation/claim.js'
import type { NextRotation } from '../../../src/core/rotation/due.js'
import { standingOf, type Circumstances } from '../../../src/core/rotation/standing.js'
import { addVersion } from '../../../src/core/versions/labels.js'
import { AWSPENDING, NO_DIGEST, noVersions } from '../../../src/core/versions/stages.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2027, 2, 1, 3)
const time = (ms: number): string => new Date(ms).toISOString()

const next = (isOpen: boolean, isMissed = false): NextRotation => ({
  date: NOW + HOUR,
  window: { start: isOpen ? NOW - HOUR : NOW + HOUR, end: NOW + 2 * HOUR },
  isOpen,
  isMissed
})

const claim = (age: number) => ({
  version: 'v',
  hasValue: false,
  moved: time(NOW - age),
  lastSign: NOW - age
})

const situation = (more: Partial<Situation>): Situation => ({
  ...{ claim: undefined, isOwn: false, next: next(true), hasSchedule: true },
  ...{ isShared: true, patience: HOUR, now: NOW },
  ...more
})

describe('what to do about a secret', () => {
  it.each<[string, Partial<Situation>, object]>([
    ['begins in its window', {}, { action: 'begin' }],
    ['waits for its window', { next: next(false) }, { action: 'leave', why: 'closed' }],
    ['waits if it missed one', { next: next(false, true) }, { action: 'leave', why: 'closed' }],
    [
      'is never due without a schedule',
      { next: undefined, hasSchedule: false },
      { action: 'leave', why: 'closed' }
    ],
    ['leaves the claim of another clone', { claim: claim(HOUR - 1) }, { action: 'leave', why: 'claimed' }],
    [
      'takes an abandoned one over',
      { claim: claim(HOUR) },
      { action: 'continue', version: 'v', renews: true }
    ],
    [
      'continues its own',
      { claim: claim(0), isOwn: true },
      { action: 'continue', version: 'v', renews: false }
    ],
    [
      'renews its own before others may take it over',
      { claim: claim(16 * MINUTE), isOwn: true },
      { action: 'continue', version: 'v', renews: true }
    ],
    [
      'renews nothing that others do not see',
      { claim: claim(16 * MINUTE), isOwn: true, isShared: false },
      { action: 'continue', version: 'v', renews: false }
    ],
    [
      'continues nothing outside the window that has no value yet',
      { claim: claim(9 * HOUR), isOwn: true, next: next(false) },
      { action: 'leave', why: 'closed' }
    ],
    [
      'finishes at once what has its new value, which may be in use already',
      { claim: { ...claim(0), hasValue: true }, isOwn: true, next: next(false) },
      { action: 'continue', version: 'v', renews: false }
    ],
    [
      'leaves the claim of another clone at any time',
      { claim: { ...claim(HOUR - 1), hasValue: true }, next: next(false) },
      { action: 'leave', why: 'claimed' }
    ],
    [
      'continues at any time what has no schedule',
      { claim: claim(0), isOwn: true, next: undefined, hasSchedule: false },
      { action: 'continue', version: 'v', renews: false }
    ],
    ['trusts no claim from the future less', { claim: claim(-HOUR) }, { action: 'leave', why: 'claimed' }]
  ])('%s', (_, more, expected) => {
    expect(choose(situation(more))).toEqual(expected)
  })

  it('waits for a function that may take longer than an hour', () => {
    expect(patienceFor(5 * MINUTE)).toBe(HOUR)
    expect(patienceFor(HOUR)).toBe(5 * HOUR)
  })
})

describe('a claim', () => {
  const entry = { created: time(NOW), writer: 'w', key: 'default' }
  const first = addVersion(noVersions, {
    versionId: 'one',
    entry: { ...entry, digest: 'one' },
    stamp: time(NOW)
  })
  const begun = addVersion(first, {
    versionId: 'two',
    entry: { ...entry, created: time(NOW + 1), digest: NO_DIGEST },
    labels: [AWSPENDING],
    stamp: time(NOW + 1)
  })

  it('is AWSPENDING on a version other than the current one', () => {
    expect(claimIn(first)).toBeUndefined()
    expect(claimIn(begun)).toEqual({
      ...{ version: 'two', hasValue: false, moved: time(NOW + 1), lastSign: NOW + 1 }
    })
  })

  it('is renewed by a later move, and by a value', () => {
    const renewed = renewClaim(begun, time(NOW + MINUTE))
    expect(claimIn(renewed)).toMatchObject({
      version: 'two',
      moved: time(NOW + MINUTE),
      lastSign: NOW + MINUTE
    })
    const filled = addVersion(begun, {
      versionId: 'two',
      entry: { ...entry, created: time(NOW + HOUR), digest: 'two' },
      labels: [AWSPENDING],
      stamp: time(NOW + HOUR)
    })
    expect(claimIn(filled)).toMatchObject({ hasValue: true, moved: time(NOW + 1), lastSign: NOW + HOUR })
    expect(renewClaim(first, time(NOW))).toBe(first)
  })
})

describe('the next attempt', () => {
  const window = { start: NOW, end: NOW + 12 * HOUR }
  const wait = (attempts: number): number => {
    const failed = NOW + HOUR
    return (retryTime({ time: failed, attempts }, window, failed) - failed) / MINUTE
  }

  it('comes after 5 minutes, then after twice as long, at most 2 hours', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map(wait)).toEqual([5, 10, 20, 40, 80, 120, 120, 120])
  })

  it('is at once in the next window, after a stop, and if the clock was set back', () => {
    expect(retryTime({ time: NOW - 1, attempts: 9 }, window, NOW + 1)).toBe(NOW)
    expect(retryTime({ time: NOW + 2, attempts: 0 }, window, NOW + 3)).toBe(NOW)
    expect(retryTime({ time: NOW + HOUR, attempts: 9 }, window, NOW + 1)).toBe(NOW)
  })
})

describe('why a secret needs attention', () => {
  const rotated = { setUp: time(NOW - 90 * HOUR), lastRotated: time(NOW - 50 * HOUR) }
  const calm: Circumstances = {
    ...{ state: rotated, next: next(false), claim: undefined, failed: undefined, until: NOW }
  }

  it.each<[string | undefined, Partial<Circumstances>]>([
    [undefined, {}],
    [undefined, { next: undefined }],
    ['soon', { until: NOW + HOUR + 1 }],
    [undefined, { until: NOW + HOUR }],
    ['due', { next: next(true) }],
    ['due', { next: next(true, true) }],
    ['overdue', { next: next(false, true) }],
    ['never rotated', { state: { setUp: time(NOW) } }],
    ['due', { state: { setUp: time(NOW) }, next: next(true) }],
    ['incomplete', { claim: claim(1), next: next(true) }],
    ['failed', { claim: claim(1), failed: NOW - 1 }],
    [undefined, { failed: NOW - 60 * HOUR }]
  ])('%s', (expected, more) => {
    expect(standingOf({ ...calm, ...more })).toBe(expected)
  })
})
