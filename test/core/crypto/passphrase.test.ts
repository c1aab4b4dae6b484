import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../../src/core/encoding.js'
import { identityFromSeed } from '../../../src/core/crypto/identity.js'
import { unwrapSeed, wrapSeed, WRAP_COST } from '../../../src/core/crypto/passphrase.js'
import { sodiumReady } from '../../../src/core/sodium.js'

const seed = new Uint8Array(32).map((_, index) => index)
const random = new Uint8Array(40).map((_, index) => 255 - index)
const cheap = { passes: 1, memory: 8192 }
let text: string

beforeAll(async () => {
  await sodiumReady
  text = identityFromSeed(seed).public.text
})

const wrap = (passphrase: string) => wrapSeed(seed, text, passphrase, random, cheap)
const locked = { code: 'IdentityLocked' }

describe('a wrapped seed', () => {
  it('opens with its passphrase, and holds its parameters', async () => {
    const wrapped = await wrap('correct horse')
    expect(wrapped).toMatchObject({
      algorithm: 'argon2id13',
      passes: '1',
      memory: '8192',
      salt: encode(random.slice(0, 16)),
      nonce: encode(random.slice(16))
    })
    expect(await unwrapSeed(wrapped, text, 'correct horse')).toEqual(seed)
  })

  it('opens with either Unicode form of the passphrase', async () => {
    expect(await unwrapSeed(await wrap('caf\u00e9'), text, 'cafe\u0301')).toEqual(seed)
  })

  it('does not open with another passphrase', async () => {
    const error = unwrapSeed(await wrap('a'), text, 'A')
    await expect(error).rejects.toMatchObject(locked)
    await expect(error).rejects.toThrow('wrong passphrase')
  })

  it('does not open as another identity', async () => {
    const other = identityFromSeed(new Uint8Array(32)).public.text
    await expect(unwrapSeed(await wrap('a'), other, 'a')).rejects.toMatchObject(locked)
  })

  it.each([
    ['memory', '1073741825', 'bytes of memory'],
    ['memory', '999999999999999', 'bytes of memory'],
    ['memory', '8191', 'bytes of memory'],
    ['memory', '9216', 'wrong passphrase'],
    ['passes', '2', 'wrong passphrase'],
    ['salt', '!', 'damaged'],
    ['nonce', '!', 'damaged'],
    ['ciphertext', '!', 'damaged'],
    ['ciphertext', 'AAAA', 'wrong passphrase']
  ])('does not open with %s %s: %s', async (field, value, why) => {
    const error = unwrapSeed({ ...(await wrap('a')), [field]: value }, text, 'a')
    await expect(error).rejects.toMatchObject(locked)
    await expect(error).rejects.toThrow(why)
  })

  it('costs what FORMAT.md says by default', async () => {
    expect(WRAP_COST).toEqual({ passes: 3, memory: 268_435_456 })
    const wrapped = await wrapSeed(seed, text, 'a', random)
    expect(wrapped).toMatchObject({ passes: '3', memory: '268435456' })
    expect(await unwrapSeed(wrapped, text, 'a')).toEqual(seed)
  })
})
