import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityFromSeed, type Identity } from '../../../src/core/crypto/identity.js'
import { ValueFingerprints } from '../../../src/core/crypto/valueFingerprints.js'
import type { SecretValue } from '../../../src/core/crypto/seal.js'
import { sodiumReady } from '../../../src/core/sodium.js'

await sodiumReady
const [ada, ben] = [1, 2].map(seed => identityFromSeed(new Uint8Array(32).fill(seed))) as [Identity, Identity]

const value: fc.Arbitrary<SecretValue> = fc.oneof(
  fc.string({ maxLength: 3 }).map(text => ({ type: 'string' as const, text })),
  fc.uint8Array({ maxLength: 3 }).map(bytes => ({ type: 'binary' as const, bytes }))
)

it('knows whether a document holds a value, with the same result as decrypting it', () => {
  fc.assert(
    fc.property(value, value, (held, other) => {
      const known = new ValueFingerprints()
      expect(known.matches(ada, 'digest', other)).toBeUndefined()
      known.set(ada, 'digest', held)
      expect(known.matches(ada, 'digest', held)).toBe(true)
      expect(known.matches(ada, 'digest', other)).toBe(isDeepStrictEqual(held, other))
      expect(known.matches(ada, 'another', held)).toBeUndefined()
      expect(known.matches(ben, 'digest', held)).toBeUndefined()
    })
  )
})

it('keeps the last thousand', () => {
  const known = new ValueFingerprints()
  const held: SecretValue = { type: 'string', text: 'x' }
  for (let at = 0; at <= 1_000; at++) known.set(ada, `${at}`, held)
  expect(known.matches(ada, '0', held)).toBeUndefined()
  expect(known.matches(ada, '1', held)).toBe(true)
  expect(known.matches(ada, '1000', held)).toBe(true)
})

describe('two values', () => {
  const bytes = (...all: number[]): SecretValue => ({ type: 'binary', bytes: Uint8Array.of(...all) })
  const text = (all: string): SecretValue => ({ type: 'string', text: all })
  const isFound = (held: SecretValue, asked: SecretValue): boolean | undefined => {
    const known = new ValueFingerprints()
    known.set(ada, 'digest', held)
    return known.matches(ada, 'digest', asked)
  }
  it.each<[SecretValue, SecretValue, boolean]>([
    [text('ab'), text('ab'), true],
    [text('ab'), text('ac'), false],
    [text('ab'), text('abc'), false],
    [text(''), text(''), true],
    [text('é'), text('e\u0301'), false],
    [bytes(1, 2), bytes(1, 2), true],
    [bytes(1, 2), bytes(1, 3), false],
    [text('a'), bytes(0x61), false],
    [bytes(0x61), text('a'), false]
  ])('%j and %j are the same: %s', (a, b, same) => expect(isFound(a, b)).toBe(same))
})
