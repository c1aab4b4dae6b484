import { wordlist } from '@scure/bip39/wordlists/english.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { fingerprint } from '../../../src/core/crypto/fingerprint.js'
import { hash, sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

describe('a fingerprint', () => {
  it('is twelve words of the list', () => {
    const words = fingerprint('gvpub1_x').split(' ')
    expect(words).toHaveLength(12)
    for (const word of words) expect(wordlist).toContain(word)
  })

  it('is the first 132 bits of the hash, most significant first', () => {
    let bits = 0n
    for (const byte of hash(new TextEncoder().encode('a vault'))) bits = (bits << 8n) | BigInt(byte)
    let read = 0n
    for (const word of fingerprint('a vault').split(' '))
      read = (read << 11n) | BigInt(wordlist.indexOf(word))
    expect(read).toBe(bits >> 124n)
  })

  it('differs in many words if one character differs', () => {
    const [a, b] = [fingerprint('vault 1').split(' '), fingerprint('vault 2').split(' ')]
    expect(a.filter((word, index) => word === b[index]).length).toBeLessThan(3)
  })
})
