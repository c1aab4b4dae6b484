import { wordlist } from '@scure/bip39/wordlists/english.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { ID_BYTES, isShare, SHARE_BYTES, type Share } from './share.js'
import { sodium } from '../sodium.js'
import { CHECK_WORDS, checkWords, misplaced } from './wordCode.js'

const VERSION = 1
const WORD = 11
/** Widths in bits of version, id, threshold - 1, number - 1 and the share's bytes: 308, which is 28 words. */
const LAYOUT: readonly number[] = [4, ...widths(ID_BYTES, 8), 4, 4, ...widths(SHARE_BYTES, 8)]
const DATA_WORDS = 28
const WORDS = DATA_WORDS + CHECK_WORDS
/** Letters by which each word of the list is told from all others. */
const TELLING = 4
const MOST_NEAREST = 4

/** The share as 32 words of the BIP-39 English list, to be written on paper. As secret as the share. */
export function formatShare(share: Share): string {
  const id = decode(share.id, ID_BYTES)
  if (!id || !isShare(share)) throw new VaultError('Usage', `share ${share.number} is damaged`)
  const fields = [VERSION, ...id, share.threshold - 1, share.number - 1, ...share.bytes]
  const data = regroup(fields, LAYOUT, widths(DATA_WORDS, WORD))
  const words = [...data, ...checkWords(data)]
  const text = words.map(index => wordlist[index]).join(' ')
  for (const secret of [fields, data, words]) secret.fill(0)
  return text
}

const isTyped = (part: string): boolean => part !== '' && !/^[0-9]+[.:)]?$/.test(part)

/**
 * Reads what `formatShare` wrote, in any case, with any white space and the words' numbers, if they were copied with them;
 * four letters stand for a word. Throws `Usage` where it is mistyped. The message says which word is at fault where that can be told, by its place, and holds none of them;
 * the hint to a word that is not in the list names those near to it, which tells of the share no more than that word.
 */
export function parseShare(text: string): Share {
  const typed = text.toLowerCase().split(/\s+/).filter(isTyped)
  if (typed.length !== WORDS)
    throw new VaultError('Usage', `a share has ${WORDS} words, and ${typed.length} are given`)
  const words = typed.map((word, index) => indexOf(word, index + 1))
  const places = misplaced(words)
  if (places) {
    words.fill(0)
    throw slip(places)
  }
  const fields = regroup(words.slice(0, DATA_WORDS), widths(DATA_WORDS, WORD), LAYOUT)
  words.fill(0)
  const [version, ...rest] = fields
  const [threshold = 0, number = 0] = rest.slice(ID_BYTES)
  const share: Share = {
    id: encode(Uint8Array.from(rest.slice(0, ID_BYTES))),
    threshold: threshold + 1,
    number: number + 1,
    bytes: Uint8Array.from(rest.slice(ID_BYTES + 2))
  }
  for (const secret of [fields, rest]) secret.fill(0)
  if (version === VERSION && isShare(share)) return share
  sodium.memzero(share.bytes)
  throw new VaultError(
    'Usage',
    version === VERSION ? 'these words are no share' : `a share of version ${version} is not known`
  )
}

function indexOf(typed: string, place: number): number {
  const exact = wordlist.indexOf(typed)
  if (exact >= 0) return exact
  const begun = typed.length >= TELLING ? wordlist.findIndex(word => word.startsWith(typed)) : -1
  if (begun >= 0) return begun
  const near = nearest(typed)
  throw new VaultError(
    'Usage',
    `word ${place} is not in the list`,
    near.length > 0 ? { hint: `the list has ${near.join(', ')}` } : {}
  )
}

function slip(places: readonly number[]): VaultError {
  const [first, second] = places.map(place => place + 1)
  if (first === undefined) return new VaultError('Usage', 'several words are wrong, or not in their order')
  if (second === undefined) return new VaultError('Usage', `word ${first} is wrong`)
  return new VaultError('Usage', `words ${first} and ${second} are in each other’s place`)
}

/** The words that one slip of the keyboard makes of what was typed; where there are none, two slips. */
function nearest(typed: string): string[] {
  const begins = (word: string) => (typed.length <= TELLING ? word.slice(0, TELLING) : word)
  for (const slips of [1, 2]) {
    const near = wordlist.filter(word => isNear(typed, word, slips) || isNear(typed, begins(word), slips))
    if (near.length > 0) return near.slice(0, MOST_NEAREST)
  }
  return []
}

/** Whether so many letters at most are missing, too many, wrong, or exchanged with the next. */
function isNear(left: string, right: string, slips: number): boolean {
  if (left === right) return true
  if (left !== '' && left[0] === right[0]) return isNear(left.slice(1), right.slice(1), slips)
  if (slips === 0) return false
  const [a, b] = [left.slice(1), right.slice(1)]
  const exchanged = left[0] === right[1] && left[1] === right[0]
  return (
    isNear(a, right, slips - 1) ||
    isNear(left, b, slips - 1) ||
    isNear(a, b, slips - 1) ||
    (exchanged && isNear(a.slice(1), b.slice(1), slips - 1))
  )
}

function widths(count: number, width: number): number[] {
  return Array.from({ length: count }, () => width)
}

/** Numbers of so many bits each, most significant first, as numbers of so many others; the sums are the same. */
function regroup(values: readonly number[], from: readonly number[], to: readonly number[]): number[] {
  let [pending, bits, next] = [0, 0, 0]
  return to.map(width => {
    while (bits < width) {
      const more = from[next] ?? 0
      pending = (pending << more) | (values[next] ?? 0)
      bits += more
      next++
    }
    bits -= width
    const value = pending >> bits
    pending &= (1 << bits) - 1
    return value
  })
}
