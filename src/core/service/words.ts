import { wordlist } from '@scure/bip39/wordlists/english.js'

/** Of randomness, in one word: the BIP-39 English list has 2,048. */
export const BITS_OF_WORD = 11

/**
 * Returns words of the BIP-39 English list, all equally likely.
 * @param bytes random ones, two for each word
 */
export function wordsFrom(bytes: Uint8Array): string[] {
  return Array.from({ length: Math.floor(bytes.length / 2) }, (_, at) => {
    const drawn = ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!) & ((1 << BITS_OF_WORD) - 1)
    return wordlist[drawn]!
  })
}
