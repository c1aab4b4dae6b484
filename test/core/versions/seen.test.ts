import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  compareDocument,
  compareSecret,
  decidingDocument,
  isPolicyRolledBack,
  remembered,
  rolledBackLabel,
  skippedSerials,
  type Comparison,
  type SeenMoves,
  type SeenSecret
} from '../../../src/core/versions/seen.js'
import type { SecretDocument, StagesDocument } from '../../../src/core/format/documents.js'
import { AWSCURRENT, AWSPREVIOUS, noVersions, type Stages } from '../../../src/core/versions/stages.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { seenState } from '../../../src/vault/memory/seenState.js'
import { stagesFields } from '../../../src/vault/documents/stagesDocument.js'
import { plans, run } from './history.js'
import { at, move, put } from './stagesKit.js'

const secret = (over: Partial<SeenSecret> = {}): SeenSecret => ({
  arn: 'arn:a',
  created: '2025-11-23T18:50:00.000Z',
  secret: { serial: '2', digest: 'x' },
  stages: { serial: '9', digest: 'y' },
  ...over
})

const document = fc.record({
  serial: fc
    .oneof(fc.nat({ max: 12 }), fc.constantFrom(999_999_999_999_999, 999_999_999_999_998))
    .map(String),
  digest: fc.constantFrom('x', 'y')
})

describe('a document against what was seen', () => {
  it.each<[string, string, string, string, Comparison]>([
    ['9', 'x', '9', 'x', 'same'],
    ['9', 'x', '9', 'y', 'fork'],
    ['9', 'x', '10', 'x', 'older'],
    ['10', 'x', '9', 'x', 'newer'],
    ['999999999999998', 'x', '999999999999999', 'x', 'older']
  ])('serial %s %s, seen %s %s: %s', (serial, digest, seenSerial, seenDigest, age) => {
    expect(compareDocument({ serial, digest }, { serial: seenSerial, digest: seenDigest })).toBe(age)
  })

  it('has the opposite result if compared the other way round', () => {
    const other: Record<Comparison, Comparison> = {
      same: 'same',
      fork: 'fork',
      older: 'newer',
      newer: 'older'
    }
    fc.assert(
      fc.property(document, document, (a, b) => {
        expect(compareDocument(a, b)).toBe(other[compareDocument(b, a)])
      })
    )
  })
})

describe('a secret against what was seen', () => {
  it('is the same', () => expect(compareSecret(secret(), secret())).toBe('same'))

  it.each<[string, Partial<SeenSecret>, Comparison]>([
    ['stages newer', { stages: { serial: '10', digest: 'z' } }, 'newer'],
    ['secret newer', { secret: { serial: '3', digest: 'z' } }, 'newer'],
    ['stages older', { stages: { serial: '8', digest: 'y' } }, 'older'],
    ['secret older', { secret: { serial: '1', digest: 'x' } }, 'older'],
    [
      'one newer, one older',
      { stages: { serial: '10', digest: 'z' }, secret: { serial: '1', digest: 'x' } },
      'older'
    ],
    [
      'one newer, one forked',
      { stages: { serial: '10', digest: 'z' }, secret: { serial: '2', digest: 'z' } },
      'fork'
    ],
    [
      'one older, one forked',
      { stages: { serial: '8', digest: 'z' }, secret: { serial: '2', digest: 'z' } },
      'fork'
    ],
    ['another, created later', { arn: 'arn:b', created: '2025-11-23T18:50:00.001Z' }, 'newer'],
    [
      'another, created later, with lower serials',
      {
        arn: 'arn:b',
        created: '2026-01-01T00:00:00.000Z',
        stages: { serial: '1', digest: 'z' },
        secret: { serial: '1', digest: 'z' }
      },
      'newer'
    ],
    ['another, created earlier', { arn: 'arn:b', created: '2025-11-23T18:49:59.999Z' }, 'older'],
    ['another, created at the same time', { arn: 'arn:b' }, 'older']
  ])('%s', (_what, over, age) => expect(compareSecret(secret(over), secret())).toBe(age))
})

describe('a serial', () => {
  it.each<[string, Partial<SeenSecret>, 'secret' | 'stages' | undefined]>([
    ['a million later', { stages: { serial: '1000009', digest: 'z' } }, undefined],
    ['over a million later', { stages: { serial: '1000010', digest: 'z' } }, 'stages'],
    ['of secret.yaml over a million later', { secret: { serial: '1000003', digest: 'z' } }, 'secret'],
    ['over a million later on both', { stages: { serial: '9999999', digest: 'z' } }, 'stages']
  ])('%s', (_what, over, which) => {
    expect(skippedSerials(secret(over), secret())).toBe(which)
    expect(skippedSerials(secret(), secret(over))).toBeUndefined()
  })
})

describe('the deciding document', () => {
  it.each<[string, Partial<SeenSecret>, 'secret' | 'stages']>([
    ['stages older', { stages: { serial: '8', digest: 'y' } }, 'stages'],
    ['stages forked', { stages: { serial: '9', digest: 'z' } }, 'stages'],
    ['secret older', { secret: { serial: '1', digest: 'x' } }, 'secret'],
    ['secret forked', { secret: { serial: '2', digest: 'z' } }, 'secret'],
    ['both older', { stages: { serial: '8', digest: 'y' }, secret: { serial: '1', digest: 'x' } }, 'stages'],
    [
      'secret forked, stages older',
      { stages: { serial: '8', digest: 'y' }, secret: { serial: '2', digest: 'z' } },
      'secret'
    ],
    [
      'secret older, stages forked',
      { stages: { serial: '9', digest: 'z' }, secret: { serial: '1', digest: 'x' } },
      'stages'
    ],
    [
      'secret older, stages newer',
      { stages: { serial: '10', digest: 'z' }, secret: { serial: '1', digest: 'x' } },
      'secret'
    ],
    ['another secret', { arn: 'arn:b' }, 'secret']
  ])('%s', (_what, over, which) => expect(decidingDocument(secret(over), secret())).toBe(which))
})

describe('the policy that was seen', () => {
  const moves: SeenMoves = { labels: {} }
  const DAYS = 2 * 24 * 60 * 60 * 1000

  it.each<[what: string, found: Partial<SeenSecret>, isBack: boolean]>([
    ['the same', { policy: at(5) }, false],
    ['a later one', { policy: at(6) }, false],
    ['an earlier one', { policy: at(4) }, true],
    ['none', {}, true],
    ['none, in another secret of that name', { arn: 'arn:b' }, false],
    [
      'an earlier one, in a state that repairs later dates',
      { policy: at(4), moves: { ...moves, repaired: at(5) } },
      true
    ]
  ])('is followed by %s', (_what, found, isBack) =>
    expect(isPolicyRolledBack(secret(found), secret({ policy: at(5) }))).toBe(isBack)
  )

  it('may go back from a date that was repaired', () => {
    const found = secret({ policy: at(5), moves: { ...moves, repaired: at(5) } })
    expect(isPolicyRolledBack(found, secret({ policy: at(5 + DAYS) }))).toBe(false)
    expect(isPolicyRolledBack(secret({ policy: at(5) }), secret({ policy: at(5 + DAYS) }))).toBe(true)
  })

  it('may be anything if a clone has seen none', () =>
    expect(isPolicyRolledBack(secret({ policy: at(5) }), secret())).toBe(false))
})

describe('the labels that were seen', () => {
  beforeAll(() => sodiumReady)

  /** The moves of a state, as a clone remembers them. */
  function movesOf(stages: Stages, manages = true): SeenMoves {
    const signed = { serial: '1', change: { operation: 'PutSecretValue', time: at(0) } }
    const state = seenState({
      document: { arn: 'arn:a', created: at(0), signed } as SecretDocument,
      stagesDocument: { ...stagesFields(stages), signed } as StagesDocument,
      manages
    })
    return state.moves
  }

  it('are rolled back in no history of honest clones, for any clocks and merge order', () => {
    fc.assert(
      fc.property(plans(3, { reseals: true }), plan => {
        for (const commit of run(plan).commits)
          for (const ancestor of commit.ancestors) {
            expect(rolledBackLabel(movesOf(commit.stages), movesOf(ancestor.stages))).toBeUndefined()
            expect(commit.stages.labels.has(AWSCURRENT)).toBe(true)
          }
      }),
      { numRuns: 500 }
    )
  })

  it('are rolled back in no history of members with and without manage', () => {
    fc.assert(
      fc.property(plans(3, { roles: true }), plan => {
        for (const { stages, ancestors } of run(plan).commits)
          for (const before of ancestors) {
            const seen = movesOf(before.stages, before.manages)
            expect(rolledBackLabel(movesOf(stages), seen)).toBeUndefined()
          }
      }),
      { numRuns: 500 }
    )
  })

  describe('of a state that a member without manage signed', () => {
    const blue = move(put(put(noVersions, 'x', 0), 'y', 1), 'blue', 'x', 2)
    const green = move(blue, 'green', 'y', 3)
    const stateOf = (stages: Stages, manages: boolean): SeenSecret =>
      secret({ moves: movesOf(stages, manages) })
    const follows = (found: Stages, seen: SeenSecret): string | undefined =>
      rolledBackLabel(movesOf(found, false), seen.moves!)

    it('need not be removed or forgotten again, but are moved no earlier than before', () => {
      const forged: Stages = { ...move(green, 'blue', undefined, 5), forgotten: at(6) }
      for (const before of [[], [stateOf(green, true)]]) {
        const known = remembered(stateOf(forged, false), before)
        expect(known.moves).not.toHaveProperty('deleted')
        expect(follows(green, known)).toBeUndefined()
        expect(follows(forged, known)).toBeUndefined()
      }
      expect(follows(green, remembered(stateOf(forged, true), []))).toBe('blue')
      const known = remembered(stateOf(forged, false), [stateOf(move(green, 'blue', 'y', 4), true)])
      expect(follows(green, known)).toBe('blue')
    })

    it('stay removed and forgotten if that was seen before, of whichever of several states', () => {
      const gone = move(green, 'blue', undefined, 5)
      const forgot: Stages = { ...green, labels: blue.labels, forgotten: at(9) }
      const later = put(gone, 'z', 7)
      const known = remembered(stateOf(later, false), [stateOf(green, true), stateOf(gone, true)])
      expect(follows(put(green, 'z', 7), known)).toBe('blue')
      expect(follows(later, known)).toBeUndefined()
      const kept = remembered(stateOf({ ...put(blue, 'z', 10), forgotten: at(9) }, false), [
        stateOf(forgot, true)
      ])
      expect(kept.moves?.forgotten).toBe(at(9))
      // of another secret of that name nothing is kept
      const other = { ...stateOf(gone, true), arn: 'arn:b' }
      expect(follows(put(green, 'z', 7), remembered(stateOf(later, false), [other]))).toBeUndefined()
    })

    it('are removed if a put has removed them by itself', () => {
      const pending = move(green, 'AWSPENDING', 'y', 4)
      const next = put(pending, 'z', 5)
      expect(next.removed.get('AWSPENDING')).toBe(at(5))
      expect(movesOf(next, false)).toEqual(movesOf(next, true))
    })
  })

  const current = (...moves: [version: string, tick: number][]) =>
    moves.map(([version, tick]) => ({ version, moved: at(tick) }))
  const seen: SeenMoves = {
    labels: { [AWSCURRENT]: at(3), [AWSPREVIOUS]: at(3) },
    current: current(['c', 3], ['b', 2])
  }
  const labels = seen.labels

  it.each<[what: string, found: SeenMoves, label: string | undefined]>([
    ['the same', seen, undefined],
    ['AWSCURRENT moved on', { labels, current: current(['d', 4], ['c', 3]) }, undefined],
    ['AWSCURRENT moved on twice', { labels, current: current(['e', 5], ['d', 4]) }, undefined],
    ['AWSCURRENT moved away and back', { labels, current: current(['c', 5], ['d', 4]) }, undefined],
    ['an older move before it', { labels, current: current(['c', 3], ['a', 1]) }, AWSPREVIOUS],
    ['nothing before it', { labels, current: current(['c', 3]) }, AWSPREVIOUS],
    [
      'AWSCURRENT moved on, with an older move before it',
      { labels, current: current(['d', 4], ['b', 2]) },
      AWSPREVIOUS
    ],
    ['no AWSCURRENT', { labels }, AWSCURRENT],
    [
      'AWSPREVIOUS set by hand before',
      { labels: { ...labels, [AWSPREVIOUS]: at(2) }, current: seen.current! },
      AWSPREVIOUS
    ]
  ])('%s', (_, found, label) => expect(rolledBackLabel(found, seen)).toBe(label))

  it('a record without AWSCURRENT’s moves refuses none of them', () => {
    expect(rolledBackLabel(seen, { labels: { [AWSCURRENT]: at(3) } })).toBeUndefined()
  })
})
