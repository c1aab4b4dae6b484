import { wordlist } from '@scure/bip39/wordlists/english.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { ID_BYTES, isShare, SHARE_BYTES, type Share } from './share.js'
import { sodium } from '../sodium.js'
import { CHECK_WORDS, checkWords, findWrongWords, validWindows } from './wordCode.js'

const VERSION = 1
/** In bits. */
const WORD_WIDTH = 11
/**
 * The widths in bits of version, id, threshold - 1, number - 1 and the share's bytes. The sum is 308, or 28
 * words.
 */
const LAYOUT: readonly number[] = [4, ...widths(ID_BYTES, 8), 4, 4, ...widths(SHARE_BYTES, 8)]
const DATA_WORDS = 28
const WORDS = DATA_WORDS + CHECK_WORDS
/** The first letters that distinguish each word of the list from all others. */
const DISTINCT_LETTERS = 4
const MAX_WORD_LENGTH = 8
const MAX_SUGGESTIONS = 4

/** Returns a share as 32 words of the BIP-39 English list, for paper. The words are as secret as the share. */
export function formatShare(share: Share): string {
  const id = decode(share.id, ID_BYTES)
  if (!id || !isShare(share)) throw new VaultError('Usage', `share ${share.number} is damaged`)
  const fields = [VERSION, ...id, share.threshold - 1, share.number - 1, ...share.bytes]
  const data = regroup(fields, LAYOUT, widths(DATA_WORDS, WORD_WIDTH))
  const words = [...data, ...checkWords(data)]
  const text = words.map(index => wordlist[index]).join(' ')
  for (const secret of [fields, data, words]) secret.fill(0)
  return text
}

/** Whether a part of the text is a word, not the number of one (FORMAT.md, "Recovery shares"). */
const isWord = (part: string): boolean => part !== '' && !/^[0-9]+[.:)]?$/.test(part)

/**
 * Parses the words of `formatShare`, in any case, with any white space, and with the words' numbers if they
 * were copied too. The first four letters of a word are enough. Throws `Usage` if the words are wrong. The
 * message names the place of the wrong word, if it can be determined, and contains no word. For a word that
 * is not in the list, the hint suggests similar words, which reveals no more of the share than the typed
 * word.
 */
export function parseShare(text: string): Share {
  const typed = text.toLowerCase().split(/\s+/).filter(isWord)
  if (typed.length !== WORDS) throw new VaultError('Usage', `a share has ${WORDS} words, not ${typed.length}`)
  const words = typed.map((word, index) => indexOf(word, index + 1))
  const places = findWrongWords(words)
  if (places) {
    words.fill(0)
    throw wrongWords(places)
  }
  const fields = regroup(words.slice(0, DATA_WORDS), widths(DATA_WORDS, WORD_WIDTH), LAYOUT)
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
    version === VERSION ? 'these words are not a share' : `unknown share version: ${version}`
  )
}

/**
 * Whether the words of a share are in a text, one after the other, in any case, with or without their numbers. The time
 * depends on the length of the text alone.
 */
export function includesShare(text: string): boolean {
  const indexes = (wordIndexes ??= indexWords())
  let run: number[] = []
  const isShareRun = (): boolean => {
    const found = validWindows(run, WORDS).some(at => {
      const words = run.slice(at, at + WORDS)
      // other versions do not exist, and 32 times the first word is valid too
      return words[0]! >> (WORD_WIDTH - LAYOUT[0]!) === VERSION
    })
    run = []
    return found
  }
  for (const [part] of text.matchAll(/\S+/g)) {
    if (!isWord(part)) continue
    const index = part.length > MAX_WORD_LENGTH ? undefined : indexes.get(part.toLowerCase())
    if (index !== undefined) run.push(index)
    else if (run.length < WORDS) run = []
    else if (isShareRun()) return true
  }
  return run.length >= WORDS && isShareRun()
}

/** The number of each word, and of its first letters. */
function indexWords(): ReadonlyMap<string, number> {
  const indexes = new Map(wordlist.map((word, index) => [word, index]))
  for (const [index, word] of wordlist.entries()) {
    const start = word.slice(0, DISTINCT_LETTERS)
    if (!indexes.has(start)) indexes.set(start, index)
  }
  return indexes
}

let wordIndexes: ReadonlyMap<string, number> | undefined

function indexOf(typed: string, place: number): number {
  const exact = wordlist.indexOf(typed)
  if (exact >= 0) return exact
  const begun = typed.length >= DISTINCT_LETTERS ? wordlist.findIndex(word => word.startsWith(typed)) : -1
  if (begun >= 0) return begun
  const similar = similarWords(typed)
  throw new VaultError(
    'Usage',
    `word ${place} is not in the word list`,
    similar.length > 0 ? { hint: `similar words in the list: ${similar.join(', ')}` } : {}
  )
}

function wrongWords(places: readonly number[]): VaultError {
  const [first, second] = places.map(place => place + 1)
  if (first === undefined) return new VaultError('Usage', 'several words are wrong or out of order')
  if (second === undefined) return new VaultError('Usage', `word ${first} is wrong`)
  return new VaultError('Usage', `words ${first} and ${second} are swapped`)
}

/** Returns the words that differ from the typed text by one typing error, or by two if there are none. */
function similarWords(typed: string): string[] {
  const begins = (word: string) => (typed.length <= DISTINCT_LETTERS ? word.slice(0, DISTINCT_LETTERS) : word)
  for (const errors of [1, 2]) {
    const near = wordlist.filter(word => isNear(typed, word, errors) || isNear(typed, begins(word), errors))
    if (near.length > 0) return near.slice(0, MAX_SUGGESTIONS)
  }
  return []
}

/**
 * Whether the texts differ by at most `errors` letters that are missing, extra, wrong, or swapped with the
 * next.
 */
function isNear(left: string, right: string, errors: number): boolean {
  if (left === right) return true
  if (left !== '' && left[0] === right[0]) return isNear(left.slice(1), right.slice(1), errors)
  if (errors === 0) return false
  const [a, b] = [left.slice(1), right.slice(1)]
  const swapped = left[0] === right[1] && left[1] === right[0]
  return (
    isNear(a, right, errors - 1) ||
    isNear(left, b, errors - 1) ||
    isNear(a, b, errors - 1) ||
    (swapped && isNear(a.slice(1), b.slice(1), errors - 1))
  )
}

function widths(count: number, width: number): number[] {
  return Array.from({ length: count }, () => width)
}

/**
 * Regroups numbers of the widths `from`, in bits, most significant first, into numbers of the widths `to`, of
 * equal sum.
 */
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
