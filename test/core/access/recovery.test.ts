import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { signedBytes } from '../../../src/core/format/documents.js'
import { encode } from '../../../src/core/encoding.js'
import { armor } from '../../../src/core/crypto/identity.js'
import {
  answerDrill,
  canBeDrilled,
  drillBytes,
  isAnswered,
  parseDrillAnswer,
  type DrillAnswer,
  type Recovery
} from '../../../src/core/access/recovery.js'
import { sharePublicKey, signWithShare, type Share } from '../../../src/core/crypto/share.js'
import { hash, sodiumReady } from '../../../src/core/sodium.js'
import { slip } from '../slip.js'

beforeAll(() => sodiumReady)

const hashOf = (byte: number) => encode(new Uint8Array(32).fill(byte))
const VAULT = 'v'.repeat(42) + 'w'
const MEMBER = 'm'.repeat(21) + 'Q'
const SHARES = 3

const share = (number: number): Share => ({
  id: 'AAECAw',
  threshold: 2,
  number,
  bytes: new Uint8Array(33).fill(number)
})
const recovery = (over: Partial<Recovery> = {}): Recovery => ({
  member: MEMBER,
  threshold: 2,
  shares: [1, 2, 3].map(number => ({ holder: `holder${number}`, publicKey: sharePublicKey(share(number)) })),
  since: 1,
  drills: [],
  ...over
})

const numbers = fc.integer({ min: 1, max: SHARES })
const heads = fc.uint8Array({ minLength: 32, maxLength: 32 })
const answer = (number: number, head: string, vault = VAULT, member = MEMBER): DrillAnswer =>
  parseDrillAnswer(answerDrill(share(number), vault, member, head))!

describe('the bytes that a holder signs', () => {
  it('name their kind, the vault, the member and the entry', () => {
    const text = new TextDecoder().decode(drillBytes(VAULT, MEMBER, hashOf(1)))
    expect(text).toBe(`git-vault/1\ngit-vault/drill\n${VAULT}\n{"head":"${hashOf(1)}","member":"${MEMBER}"}`)
  })
})

describe('an answer to a drill', () => {
  it('is parsed back, and its signature verifies', () => {
    fc.assert(
      fc.property(numbers, heads, (number, bytes) => {
        const head = encode(bytes)
        const text = answerDrill(share(number), VAULT, MEMBER, head)
        expect(parseDrillAnswer(` ${text}\r\n`)).toEqual(parseDrillAnswer(text))
        expect(parseDrillAnswer(text)).toMatchObject({ share: number, head })
        expect(isAnswered(answer(number, head), recovery(), VAULT)).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it('has the layout of FORMAT.md', () => {
    fc.assert(
      fc.property(numbers, heads, (number, head) => {
        const text = answerDrill(share(number), VAULT, MEMBER, encode(head))
        expect(text).toMatch(/^gvdrill1_[A-Za-z0-9_-]{135}$/)
        const signature = signWithShare(share(number), drillBytes(VAULT, MEMBER, encode(head)))
        const bytes = Buffer.concat([Buffer.of(number), head, signature])
        const sum = hash(Buffer.concat([Buffer.from('gvdrill1_'), bytes])).slice(0, 4)
        expect(Buffer.from(text.slice(9), 'base64url')).toEqual(Buffer.concat([bytes, sum]))
      }),
      { numRuns: 30 }
    )
  })

  it('is refused with the number of another share', () => {
    for (const number of [1, 2, 3]) {
      const given = answer(number, hashOf(1))
      for (const claimed of [0, 1, 2, 3, 4, 255])
        expect(isAnswered({ ...given, share: claimed }, recovery(), VAULT)).toBe(claimed === number)
    }
  })

  it.each<[what: string, () => DrillAnswer, over?: Partial<Recovery>, vault?: string]>([
    ['in another vault', () => answer(1, hashOf(1)), {}, `${'v'.repeat(42)}x`],
    ['by a share of another vault', () => answer(1, hashOf(1), hashOf(9))],
    ['of another identity', () => answer(1, hashOf(1)), { member: `${'n'.repeat(21)}Q` }],
    ['of another entry', () => ({ ...answer(1, hashOf(1)), head: hashOf(2) })],
    ['of a split without that share', () => answer(3, hashOf(1)), { shares: [] }],
    [
      'with another answer’s signature',
      () => {
        return { ...answer(1, hashOf(1)), signature: answer(1, hashOf(2)).signature }
      }
    ],
    [
      'with a signature of another kind',
      () => {
        const message = signedBytes('git-vault/label', VAULT, { member: MEMBER, head: hashOf(1) })
        return { ...answer(1, hashOf(1)), signature: encode(signWithShare(share(1), message)) }
      }
    ],
    ['with a signature of the wrong length', () => ({ ...answer(1, hashOf(1)), signature: '' })],
    // not the hash of an entry: the holder can sign it, but the answer is refused
    ['of something that is not an entry', () => answer(1, 'none')]
  ])('is refused %s', (_what, given, over = {}, vault = VAULT) => {
    expect(isAnswered(answer(1, hashOf(1)), recovery(), VAULT)).toBe(true)
    expect(isAnswered(given(), recovery(over), vault)).toBe(false)
  })

  it('is refused with a bit of its signature flipped', () => {
    const given = answer(2, hashOf(1))
    fc.assert(
      fc.property(fc.nat(63), fc.nat(7), (at, bit) => {
        const bytes = Buffer.from(given.signature, 'base64url')
        bytes[at] = bytes[at]! ^ (1 << bit)
        expect(isAnswered({ ...given, signature: encode(bytes) }, recovery(), VAULT)).toBe(false)
      })
    )
  })

  it('is refused with any one character wrong', () => {
    const text = answerDrill(share(1), VAULT, MEMBER, hashOf(1))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(62), (at, by) => {
        expect(parseDrillAnswer(slip(text, at, by))).toBeUndefined()
      })
    )
  })

  it.each<[what: string, (text: string) => string]>([
    ['nothing', () => ''],
    ['one with a character missing', text => text.slice(0, -1)],
    ['one with a character too many', text => `${text}A`],
    ['white space within it', text => `${text.slice(0, 50)}\n${text.slice(50)}`],
    ['another string of the same bytes', () => armor('gvinv1_', new Uint8Array(97))],
    // complete, with the right checksum
    ['one that is a byte short', () => armor('gvdrill1_', new Uint8Array(96))]
  ])('is not %s', (_what, change) => {
    expect(parseDrillAnswer(change(answerDrill(share(1), VAULT, MEMBER, hashOf(1))))).toBeUndefined()
  })
})

describe('a drill', () => {
  const log = (length: number) => Array.from({ length }, (_, index) => hashOf(index + 1))

  it('can sign each entry since the split or the last drill, and no other', () => {
    const life = fc
      .uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
      .map(entries => entries.sort((a, b) => a - b))
    fc.assert(
      fc.property(life, fc.integer({ min: 12, max: 14 }), ([since, ...drills], length) => {
        const split = recovery({ since: since!, drills: drills.map(entry => ({ entry, shares: [1] })) })
        const first = drills.at(-1) ?? since!
        for (let entry = 1; entry <= length + 1; entry++)
          expect(canBeDrilled(hashOf(entry), split, log(length))).toBe(entry >= first && entry <= length)
      })
    )
  })

  it.each(['', 'none', hashOf(99)])('cannot sign %j, which is not an entry', head => {
    // split in the first entry, so that its absence is the only reason for refusal
    expect(canBeDrilled(head, recovery({ since: 1 }), log(3))).toBe(false)
  })
})
