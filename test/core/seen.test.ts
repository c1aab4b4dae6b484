import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareDocument, compareSecret, culprit, type Age, type SeenSecret } from '../../src/core/seen.js'

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
  it.each<[string, string, string, string, Age]>([
    ['9', 'x', '9', 'x', 'same'],
    ['9', 'x', '9', 'y', 'fork'],
    ['9', 'x', '10', 'x', 'older'],
    ['10', 'x', '9', 'x', 'newer'],
    ['999999999999998', 'x', '999999999999999', 'x', 'older']
  ])('serial %s %s, seen %s %s: %s', (serial, digest, seenSerial, seenDigest, age) => {
    expect(compareDocument({ serial, digest }, { serial: seenSerial, digest: seenDigest })).toBe(age)
  })

  it('is one of two: the other way round, the other answer', () => {
    const other: Record<Age, Age> = { same: 'same', fork: 'fork', older: 'newer', newer: 'older' }
    fc.assert(
      fc.property(document, document, (a, b) => {
        expect(compareDocument(a, b)).toBe(other[compareDocument(b, a)])
      })
    )
  })
})

describe('a secret against what was seen', () => {
  it('is the same', () => expect(compareSecret(secret(), secret())).toBe('same'))

  it.each<[string, Partial<SeenSecret>, Age]>([
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
    ['another, made later', { arn: 'arn:b', created: '2025-11-23T18:50:00.001Z' }, 'newer'],
    [
      'another, made later, of lower serials',
      {
        arn: 'arn:b',
        created: '2026-01-01T00:00:00.000Z',
        stages: { serial: '1', digest: 'z' },
        secret: { serial: '1', digest: 'z' }
      },
      'newer'
    ],
    ['another, made earlier', { arn: 'arn:b', created: '2025-11-23T18:49:59.999Z' }, 'older'],
    ['another, made at that very time', { arn: 'arn:b' }, 'older']
  ])('%s', (_what, over, age) => expect(compareSecret(secret(over), secret())).toBe(age))
})

describe('the document to blame', () => {
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
  ])('%s', (_what, over, which) => expect(culprit(secret(over), secret())).toBe(which))
})
