import sumo from 'libsodium-wrappers-sumo'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  hasWeakKey,
  identityFromSeed,
  parsePublic,
  publicIdentity
} from '../../../src/core/crypto/identity.js'
import { isSoundBoxKey, isSoundSignKey } from '../../../src/core/crypto/publicKeys.js'
import { sealTo } from '../../../src/core/crypto/seal.js'
import { sodiumReady } from '../../../src/core/sodium.js'

const P = 2n ** 255n - 19n
const encoded = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n))
const fromHex = (text: string): bigint => BigInt(`0x${text.match(/../g)!.reverse().join('')}`)

/** Coordinates of X25519 points whose order divides 8. */
const WEAK_BOX = [
  0n,
  1n,
  P - 1n,
  fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
  fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157')
]
/** The same for Ed25519. */
const WEAK_SIGN = [
  0n,
  1n,
  P - 1n,
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
]
const HIGH = 2n ** 255n

beforeAll(() => Promise.all([sodiumReady, sumo.ready]))

describe('an X25519 key', () => {
  it.each(WEAK_BOX)('of small order is unsound, and libsodium does not seal to it: %s', value => {
    const scalar = new Uint8Array(32).fill(7)
    for (const key of [value, value + P < HIGH ? value + P : value, value + HIGH].map(encoded)) {
      expect(isSoundBoxKey(key)).toBe(false)
      expect(() => sealTo(key, new Uint8Array(32), scalar)).toThrow()
    }
  })

  it('in a non-canonical encoding is unsound', () => {
    for (let value = 0n; value < 19n; value++) expect(isSoundBoxKey(encoded(P + value))).toBe(false)
    expect(isSoundBoxKey(encoded(9n))).toBe(true)
    expect(isSoundBoxKey(encoded(9n + HIGH))).toBe(false)
    expect(isSoundBoxKey(encoded(P - 2n))).toBe(true)
    // differs from the prime in one byte only
    for (const at of [1, 15, 30]) {
      const key = encoded(P)
      key[at] = 0xfe
      expect(isSoundBoxKey(key)).toBe(true)
    }
  })
})

describe('an Ed25519 key', () => {
  it.each(WEAK_SIGN)('of small order is unsound, as libsodium says: %s', value => {
    for (const key of [value, value + HIGH].map(encoded)) {
      expect(isSoundSignKey(key)).toBe(false)
      expect(sumo.crypto_core_ed25519_is_valid_point(key)).toBe(false)
    }
  })

  it('in a non-canonical encoding is unsound', () => {
    for (let value = 0n; value < 19n; value++)
      for (const sign of [0n, HIGH]) expect(isSoundSignKey(encoded(P + value + sign))).toBe(false)
  })
})

it('a public string with either is refused, and reported as intact', () => {
  const own = identityFromSeed(new Uint8Array(32).fill(5)).public
  expect(parsePublic(own.text)?.keyId).toBe(own.keyId)
  expect(hasWeakKey(own.text)).toBe(false)
  const weak = new Uint8Array(32)
  for (const { text } of [publicIdentity(weak, own.boxKey), publicIdentity(own.signKey, weak)]) {
    expect(parsePublic(text)).toBeUndefined()
    expect(hasWeakKey(text)).toBe(true)
  }
  expect(hasWeakKey(`${own.text.slice(0, -1)}!`)).toBe(false)
})

it('every identity has sound keys', () => {
  for (let at = 0; at < 50; at++) {
    const { signKey, boxKey, text } = identityFromSeed(new Uint8Array(32).fill(at)).public
    expect([isSoundSignKey(signKey), isSoundBoxKey(boxKey), hasWeakKey(text)]).toEqual([true, true, false])
  }
})
