import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyBytes } from '../../../src/core/format/documents.js'
import { encode } from '../../../src/core/encoding.js'
import {
  checkSplit,
  checkJoin,
  expectShare,
  sharePublicKey,
  signWithShare,
  type Share
} from '../../../src/core/crypto/share.js'
import { sodium, sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const share = (number = 1, over: Partial<Share> = {}): Share => ({
  id: 'AAECAw',
  threshold: 2,
  number,
  bytes: new Uint8Array(33).fill(number),
  ...over
})
const usage = (message: string | RegExp) =>
  expect.objectContaining({
    code: 'Usage',
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as string)
  })

describe('the key of a share', () => {
  it('makes signatures that its public key verifies', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 99 }), fc.integer({ min: 1, max: 16 }), (message, number) => {
        const signature = encode(signWithShare(share(number), message))
        expect(verifyBytes(signature, message, sharePublicKey(share(number)))).toBe(true)
        expect(verifyBytes(signature, message, sharePublicKey(share((number % 16) + 1)))).toBe(false)
      }),
      { numRuns: 30 }
    )
  })

  it('depends on every part of the share', () => {
    const bytes = share().bytes
    const all = [
      share(),
      share(1, { number: 2 }),
      share(1, { threshold: 3 }),
      share(1, { id: 'AAECBA' }),
      ...[...bytes.keys()].map(place => share(1, { bytes: bytes.with(place, 9) }))
    ]
    expect(new Set(all.map(one => encode(sharePublicKey(one)))).size).toBe(all.length)
  })

  it('is not derived directly from the share’s bytes', () => {
    const { bytes } = share()
    for (const seed of [bytes.slice(0, 32), bytes.slice(1)])
      expect(sharePublicKey(share())).not.toEqual(sodium.crypto_sign_seed_keypair(seed).publicKey)
  })

  it('does not change the share', () => {
    const one = share()
    sharePublicKey(one)
    signWithShare(one, new Uint8Array(3))
    expect(one).toEqual(share())
  })

  it('is refused for a damaged share', () => {
    for (const over of [{ id: 'A' }, { bytes: new Uint8Array(33) }, { number: 300 }]) {
      expect(() => sharePublicKey(share(4, over))).toThrow(usage(/^share \d+ is damaged$/))
      expect(() => signWithShare(share(4, over), new Uint8Array(1))).toThrow(usage(/is damaged$/))
    }
  })

  it('identifies the share whose public key was published', () => {
    expectShare(share(3), sharePublicKey(share(3)))
    const message = "share 3 does not match this vault's public key for it"
    expect(() => expectShare(share(3), sharePublicKey(share(4)))).toThrow(usage(message))
    expect(() => expectShare(share(3), new Uint8Array(31))).toThrow(usage(message))
  })
})

describe('a split', () => {
  it('has 2 to 16 shares and a threshold of 2 or more', () => {
    const counts = Array.from({ length: 20 }, (_, index) => index - 1)
    for (const shares of counts) {
      for (const threshold of counts) {
        const check = () => checkSplit({ shares, threshold })
        if (threshold >= 2 && threshold <= shares && shares <= 16) expect(check).not.toThrow()
        else
          expect(check).toThrow(
            usage(
              `cannot make ${shares === 1 ? '1 share' : `${shares} shares`} with a threshold of ${threshold}`
            )
          )
      }
    }
  })

  it.each([
    [2.5, 2],
    [3, 2.5],
    [NaN, 2],
    [3, NaN],
    [Infinity, 2]
  ])('is refused with %s shares and a threshold of %s', (shares, threshold) => {
    expect(() => checkSplit({ shares, threshold })).toThrow(usage(/^cannot make /))
  })
})

describe('shares to be joined', () => {
  it('are accepted if there are enough or more, in any order', () => {
    for (const numbers of [
      [1, 2],
      [16, 1],
      [3, 2, 1]
    ])
      checkJoin(numbers.map(number => share(number)))
  })

  it.each([
    ['none', [], 'no shares given'],
    ['too few', [share()], '1 share given, 2 needed'],
    ['one twice', [share(1), share(2), share(1)], 'share 1 was given twice'],
    ['a number twice', [share(1), share(1, { bytes: share(2).bytes })], 'share 1 was given twice'],
    [
      'a point twice',
      [share(2), share(1, { bytes: share(2).bytes })],
      'share 1 is share 2 with another number'
    ],
    ['another split’s', [share(5), share(1, { id: 'AAECBA' })], 'share 1 is of another split than share 5'],
    [
      'another threshold',
      [share(5), share(1, { threshold: 3 })],
      'share 1 has a threshold of 3, but share 5 has 2'
    ],
    ['bytes missing', [share(5), share(6, { bytes: new Uint8Array(32) })], 'share 6 is damaged'],
    ['the seed as a share', [share(5), share(6, { bytes: new Uint8Array(33) })], 'share 6 is damaged']
  ])('are refused: %s', (_what, shares, message) => {
    expect(() => checkJoin(shares)).toThrow(usage(message))
  })
})
