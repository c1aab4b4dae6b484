import fc from 'fast-check'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { describe, expect, it } from 'vitest'
import { BITS_OF_WORD, wordsFrom } from '../../../src/core/service/words.js'

describe('words from random bytes', () => {
  it('are words of the list, one for two bytes, and every word is as likely', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        const words = wordsFrom(bytes)
        expect(words).toHaveLength(Math.floor(bytes.length / 2))
        for (const word of words) expect(wordlist).toContain(word)
      })
    )
    const counts = new Map<string, number>()
    for (let drawn = 0; drawn < 1 << 16; drawn++) {
      const [word = ''] = wordsFrom(Uint8Array.of(drawn >> 8, drawn & 0xff))
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
    expect(counts.size).toBe(1 << BITS_OF_WORD)
    expect(new Set(counts.values())).toEqual(new Set([32]))
  })
})
