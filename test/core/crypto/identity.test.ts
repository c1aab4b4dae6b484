import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  concat,
  formatSecret,
  identityFromSeed,
  parseMachineIdentity,
  parsePublic,
  parseSecret,
  publicIdentity,
  wrapContext
} from '../../../src/core/crypto/identity.js'
import { sodium, sodiumReady } from '../../../src/core/sodium.js'
import { slip } from '../slip.js'

beforeAll(() => sodiumReady)

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('an identity', () => {
  it('has keys that work together', () => {
    fc.assert(
      fc.property(seeds, fc.uint8Array({ maxLength: 50 }), (seed, message) => {
        const { public: open, signSecret, boxSecret } = identityFromSeed(seed)
        const signature = sodium.crypto_sign_detached(message, signSecret)
        expect(sodium.crypto_sign_verify_detached(signature, message, open.signKey)).toBe(true)
        const sealed = sodium.crypto_box_seal(message, open.boxKey)
        expect(sodium.crypto_box_seal_open(sealed, open.boxKey, boxSecret)).toEqual(message)
      }),
      { numRuns: 30 }
    )
  })

  it('has a separate key for each use, none of which is the seed', () => {
    const seed = new Uint8Array(32).fill(7)
    const { signSecret, boxSecret } = identityFromSeed(seed)
    const all = [seed, signSecret.slice(0, 32), boxSecret].map(bytes => Buffer.from(bytes).toString('hex'))
    expect(new Set(all).size).toBe(3)
  })

  it('has a key id that depends on both public keys', () => {
    const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const ids = [publicIdentity(a, b), publicIdentity(b, a), publicIdentity(a, a)].map(({ keyId }) => keyId)
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })
})

describe('the strings of an identity', () => {
  it('are parsed to the same identity, and have fixed lengths', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const { public: open } = identityFromSeed(seed)
        expect(formatSecret(seed)).toMatch(/^gvsec1_[A-Za-z0-9_-]{48}$/)
        expect(open.text).toMatch(/^gvpub1_[A-Za-z0-9_-]{91}$/)
        expect(parseSecret(formatSecret(seed))).toEqual(seed)
        expect(parsePublic(open.text)).toEqual(open)
      }),
      { numRuns: 30 }
    )
  })

  it('are refused if any one character is wrong', () => {
    fc.assert(
      fc.property(seeds, fc.nat(97), fc.nat(62), (seed, at, by) => {
        const [secret, open] = [formatSecret(seed), identityFromSeed(seed).public.text]
        expect(parseSecret(slip(secret, at, by))).toBeUndefined()
        expect(parsePublic(slip(open, at, by))).toBeUndefined()
      })
    )
  })

  it('are not accepted for each other', () => {
    const secret = formatSecret(new Uint8Array(32))
    expect(parsePublic(secret)).toBeUndefined()
    expect(parseSecret(identityFromSeed(new Uint8Array(32)).public.text)).toBeUndefined()
    // the checksum covers the prefix
    expect(parseSecret(secret.replace('gvsec1_', 'gvpub1_'))).toBeUndefined()
  })
})

describe('the identity of a machine', () => {
  const secret = () => formatSecret(new Uint8Array(32).fill(9))
  const root = 'A'.repeat(43)

  it('is a secret string, optionally with a root', () => {
    const seed = new Uint8Array(32).fill(9)
    expect(parseMachineIdentity(secret())).toEqual({ seed })
    expect(parseMachineIdentity(`\n ${secret()}.${root} \r\n`)).toEqual({ seed, root })
  })

  it.each([
    ['nothing', () => ''],
    ['a root alone', () => `.${root}`],
    ['an empty root', () => `${secret()}.`],
    ['a root too short', () => `${secret()}.${root.slice(1)}`],
    ['a root with stray bits', () => `${secret()}.${root.slice(1)}B`],
    ['two roots', () => `${secret()}.${root}.${root}`],
    ['a public string', () => identityFromSeed(new Uint8Array(32)).public.text],
    ['a mistyped secret', () => slip(secret(), 20, 1)]
  ])('is refused with %s, and is not in the message', (_what, text) => {
    expect(() => parseMachineIdentity(text())).toThrow(expect.objectContaining({ code: 'IdentityNotFound' }))
    expect(() => parseMachineIdentity(text())).toThrow('the identity given is not a gvsec1_… string')
  })
})

it('a wrapped identity is bound to its public string and its parameters', () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  expect(text(wrapContext('gvpub1_x', { passes: '3', memory: '1' }))).toBe(
    '{"format":"1","kind":"git-vault/identity","memory":"1","passes":"3","public":"gvpub1_x"}'
  )
})

it('concat joins arrays of bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), parts => {
      expect([...concat(...parts)]).toEqual(parts.flatMap(part => [...part]))
    })
  )
})
