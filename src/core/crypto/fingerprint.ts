import { utf8 } from '../format/canonical.js'
import { hash } from '../sodium.js'
import { wordlist } from '@scure/bip39/wordlists/english.js'

const WORDS = 12
const BITS = 11

/**
 * Returns the fingerprint of a public string or a vault id (FORMAT.md, "Identities"): twelve words to read
 * aloud. They are the first 132 bits of its BLAKE2b-256, 11 bits a word of the BIP-39 English list.
 */
export function fingerprint(id: string): string {
  const bits = [...hash(utf8(id))].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return Array.from({ length: WORDS }, (_, index) => {
    return wordlist[Number.parseInt(bits.slice(index * BITS, (index + 1) * BITS), 2)]
  }).join(' ')
}
