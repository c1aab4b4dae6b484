import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SecretDocument } from '../../../src/core/format/documents.js'
import { formatTime, isAhead, parseTime, type Time } from '../../../src/core/time.js'
import { correctedSecret, correctedStages, correctionOf } from '../../../src/core/versions/repairDates.js'
import type { Stages, VersionEntry } from '../../../src/core/versions/stages.js'

const NOW = Date.UTC(2027, 2, 1, 10)
const DAY = 86_400_000
const at = (days: number, ms = 0): Time => formatTime(NOW + days * DAY + ms)

/** Dates from years before now to years after it, some of them close together. */
const times = fc.array(
  fc
    .tuple(fc.constantFrom(-900, -1, 0, 0.5, 1, 1.5, 30, 900, 4000), fc.integer({ min: -2, max: 2 }))
    .map(([days, ms]) => at(days, ms)),
  { minLength: 1, maxLength: 12 }
)

describe('the correction of dates', () => {
  it('is none if no date is over 24 hours ahead', () => {
    expect(correctionOf([], NOW)).toBeUndefined()
    expect(correctionOf([at(-3), at(1)], NOW)).toBeUndefined()
    expect(correctionOf([at(1, 1)], NOW)?.count).toBe(1)
  })

  it('leaves right dates, keeps the order of the wrong ones, and comes after every right one', () => {
    fc.assert(
      fc.property(times, given => {
        const correction = correctionOf(given, NOW)
        const wrong = [...new Set(given.filter(time => isAhead(time, NOW)))].sort()
        expect(correction === undefined).toBe(wrong.length === 0)
        if (!correction) return
        const right = given.filter(time => !isAhead(time, NOW))
        const corrected = wrong.map(correction.correct)
        for (const time of right) expect(correction.correct(time)).toBe(time)
        expect(corrected).toEqual([...new Set(corrected)].sort())
        for (const time of corrected) {
          expect(parseTime(time)).toBeGreaterThanOrEqual(NOW)
          // A right date may be 24 hours ahead to the millisecond, and the corrected ones come after it.
          expect(isAhead(time, NOW + wrong.length)).toBe(false)
          for (const other of right) expect(time > other).toBe(true)
        }
        expect(correction.last).toBe(corrected.at(-1))
        expect(correction.count).toBe(wrong.length)
      }),
      { numRuns: 2000 }
    )
  })
})

describe('a state with corrected dates', () => {
  const far = at(900)
  const { correct } = correctionOf([far, at(901), at(902)], NOW)!

  it('has every date of its labels and marks corrected, and its versions as they were made', () => {
    const entry: VersionEntry = { created: far, writer: 'w', key: 'default', digest: 'd' }
    const stages: Stages = {
      labels: new Map([
        ['AWSCURRENT', { version: 'v2', moved: far, before: { version: 'v1', moved: at(-1) } }],
        ['AWSPREVIOUS', { version: 'v1', moved: far }]
      ]),
      removed: new Map([
        ['blue', at(901)],
        ['green', at(-5)]
      ]),
      versions: new Map<string, VersionEntry>([
        ['v1', entry],
        ['v2', { ...entry, resealed: at(902) }]
      ]),
      pruned: far,
      forgotten: at(-9)
    }
    const now = at(0)
    expect(correctedStages(stages, correct)).toEqual({
      labels: new Map([
        ['AWSCURRENT', { version: 'v2', moved: now, before: { version: 'v1', moved: at(-1) } }],
        ['AWSPREVIOUS', { version: 'v1', moved: now }]
      ]),
      removed: new Map([
        ['blue', at(0, 1)],
        ['green', at(-5)]
      ]),
      versions: new Map<string, VersionEntry>([
        ['v1', entry],
        ['v2', { ...entry, resealed: at(0, 2) }]
      ]),
      pruned: now,
      forgotten: at(-9)
    })
    const bare: Stages = { labels: new Map(), removed: new Map(), versions: new Map() }
    expect(correctedStages(bare, correct)).toEqual(bare)
  })

  it('has every date of secret.yaml corrected, and keeps the length of a recovery window', () => {
    const document = {
      name: 'a',
      created: at(-3),
      key: { value: 'default', changed: at(-3) },
      description: { value: 'text', changed: far },
      rotation: { function: 'f', changed: at(901) },
      deletion: { date: at(907), changed: far },
      tags: { __proto__: null, env: { value: 'prod', changed: far }, old: { changed: at(-1) } },
      replicas: { 'eu-west-1': { value: '', changed: at(902) } },
      rotated: far,
      forgotten: at(-2)
    } as unknown as SecretDocument
    const now = at(0)
    expect(correctedSecret(document, correct)).toEqual({
      created: at(-3),
      key: { value: 'default', changed: at(-3) },
      description: { value: 'text', changed: now },
      rotation: { function: 'f', changed: at(0, 1) },
      deletion: { date: at(7), changed: now },
      tags: { env: { value: 'prod', changed: now }, old: { changed: at(-1) } },
      replicas: { 'eu-west-1': { value: '', changed: at(0, 2) } },
      rotated: now,
      forgotten: at(-2)
    })
    const least = { created: far, key: { value: 'default', changed: far }, deletion: { changed: far } }
    expect(correctedSecret(least as unknown as SecretDocument, correct)).toEqual({
      created: now,
      key: { value: 'default', changed: now },
      deletion: { changed: now }
    })
  })
})
