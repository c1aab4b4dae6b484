import { wordlist } from '@scure/bip39/wordlists/english.js'
import { signedBytes } from '../../src/core/format/documents.js'
import { encode } from '../../src/core/encoding.js'
import { sharePublicKey, signWithShare, type Share } from '../../src/core/crypto/share.js'
import { formatShare } from '../../src/core/crypto/shareWords.js'
import { checkWords } from '../../src/core/crypto/wordCode.js'
import { draw, hex } from './kit.js'

/** Schoolbook multiplication in GF(256), independent of the library's tables. */
function times(left: number, right: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product <<= 1
    if (product & 0x100) product ^= 0x11b
    if ((right >> bit) & 1) product ^= left
  }
  return product
}

/** A split with given "random" bytes, which the library does not support. */
function split(name: string, threshold: number, xs: readonly number[]) {
  const seed = draw(`seed of ${name}`)
  const id = draw(`id of ${name}`, 4)
  const coefficients = Array.from({ length: threshold - 1 }, (_, index) => draw(`${name}: x^${index + 1}`))
  const shares = xs.map((x, index): Share => {
    const y = seed.map((byte, place) => {
      const row = [byte, ...coefficients.map(all => all[place] ?? 0)]
      return row.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0)
    })
    return { id: encode(id), threshold, number: index + 1, bytes: Uint8Array.from([...y, x]) }
  })
  return { seed, coefficients, shares }
}

/** Returns the words with some replaced and a new checksum. */
function forged(words: string, changes: Readonly<Record<number, (index: number) => number>>): string {
  const data = words
    .split(' ')
    .slice(0, 28)
    .map(word => wordlist.indexOf(word))
  for (const [place, change] of Object.entries(changes)) {
    const at = Number(place) - 1
    data[at] = change(data[at] ?? 0)
  }
  return [...data, ...checkWords(data)].map(index => wordlist[index]).join(' ')
}

/** Returns the words with another word at each of the places, from 1. */
function changed(words: string, ...places: number[]): string {
  const at = places.map(place => place - 1)
  const other = (word: string) => wordlist[(wordlist.indexOf(word) + 1) % wordlist.length]
  return words
    .split(' ')
    .map((word, index) => (at.includes(index) ? other(word) : word))
    .join(' ')
}

function exchanged(words: string, left: number, right: number): string {
  const list = words.split(' ')
  const [a, b] = [list[left - 1] ?? '', list[right - 1] ?? '']
  if (a === b) throw new Error('nothing would change')
  return list
    .with(left - 1, b)
    .with(right - 1, a)
    .join(' ')
}

export function shareVectors() {
  const splits = [
    { name: 'two of three', threshold: 2, xs: [1, 2, 3] },
    { name: 'three of five', threshold: 3, xs: [200, 7, 255, 1, 90] },
    { name: 'sixteen of sixteen', threshold: 16, xs: Array.from({ length: 16 }, (_, index) => 255 - index) }
  ].map(({ name, threshold, xs }) => ({ name, ...split(name, threshold, xs) }))
  const wordsOf = (name: string) =>
    splits.find(one => one.name === name)?.shares.map(share => formatShare(share)) ?? []
  const [two, three, all] = [wordsOf('two of three'), wordsOf('three of five'), wordsOf('sixteen of sixteen')]
  const [a = '', b = '', c = '', d = ''] = three
  const [first = '', second = ''] = two
  const list = a.split(' ')
  const joins: Record<string, number[][]> = {
    'two of three': [
      [1, 2],
      [3, 1],
      [1, 2, 3]
    ],
    'three of five': [
      [1, 2, 3],
      [5, 3, 1],
      [2, 4, 5, 1],
      [1, 2, 3, 4, 5]
    ],
    'sixteen of sixteen': [all.map((_, index) => index + 1)]
  }
  return {
    splits: splits.map(({ name, seed, coefficients, shares }) => ({
      name,
      seed: hex(seed),
      id: shares[0]?.id ?? '',
      threshold: shares[0]?.threshold ?? 0,
      coefficients: coefficients.map(hex),
      shares: shares.map(share => {
        const message = signedBytes('git-vault/test', '', { share: String(share.number) })
        return {
          number: share.number,
          x: share.bytes[32] ?? 0,
          bytes: hex(share.bytes),
          words: formatShare(share),
          signKey: hex(sharePublicKey(share)),
          message: hex(message),
          signature: hex(signWithShare(share, message))
        }
      }),
      joins: joins[name] ?? []
    })),
    read: [
      { name: 'upper case', text: a.toUpperCase(), words: a },
      { name: 'four letters of each word', text: list.map(word => word.slice(0, 4)).join(' '), words: a },
      {
        name: 'rows of four',
        text: list.map((word, at) => word + ((at + 1) % 4 ? ' ' : '\r\n')).join(''),
        words: a
      },
      { name: 'with numbers', text: list.map((word, at) => `${at + 1} ${word}`).join('\n'), words: a },
      {
        name: 'with numbers and signs',
        text: list.map((word, at) => `${at + 1}${'.:)'[at % 3]} ${word}`).join(' '),
        words: a
      },
      { name: 'white space', text: `\n\t ${list.join(' \t ')} \n`, words: a }
    ],
    refused: [
      { name: 'one wrong', text: changed(a, 9), reason: 'word 9 is wrong' },
      { name: 'the first wrong', text: changed(a, 1), reason: 'word 1 is wrong' },
      { name: 'a check wrong', text: changed(a, 32), reason: 'word 32 is wrong' },
      {
        name: 'neighbours exchanged',
        text: exchanged(a, 12, 13),
        reason: 'words 12 and 13 are swapped'
      },
      {
        name: 'two exchanged',
        text: exchanged(a, 2, 31),
        reason: 'words 2 and 31 are swapped'
      },
      ...[
        [4, 5],
        [6, 17, 28],
        [1, 10, 20, 30]
      ].map(places => ({
        name: `${places.length} wrong`,
        text: changed(a, ...places),
        reason: 'several words are wrong or out of order'
      })),
      {
        name: 'the rows in another order',
        text: [...list.slice(8), ...list.slice(0, 8)].join(' '),
        reason: 'several words are wrong or out of order'
      },
      {
        name: 'one that is not in the list',
        text: list.with(4, 'abandn').join(' '),
        reason: 'word 5 is not in the word list'
      },
      {
        name: 'one that goes on',
        text: list.with(4, `${list[4]}s`).join(' '),
        reason: 'word 5 is not in the word list'
      },
      {
        name: 'three letters of one',
        text: list.with(31, 'aba').join(' '),
        reason: 'word 32 is not in the word list'
      },
      {
        name: 'one missing',
        text: list.slice(1).join(' '),
        reason: 'a share has 32 words, not 31'
      },
      { name: 'one too many', text: `${a} ${list[0]}`, reason: 'a share has 32 words, not 33' },
      { name: 'none', text: ' ', reason: 'a share has 32 words, not 0' },
      {
        name: 'a number joined to its word',
        text: list.with(6, `7${list[6]}`).join(' '),
        reason: 'word 7 is not in the word list'
      },
      {
        name: 'another sign after a number',
        text: list.with(6, `7, ${list[6]}`).join(' '),
        reason: 'a share has 32 words, not 33'
      },
      {
        name: 'a sign alone',
        text: list.with(6, `. ${list[6]}`).join(' '),
        reason: 'a share has 32 words, not 33'
      },
      {
        name: 'digits that are not ASCII',
        text: list.with(6, `\u0667 ${list[6]}`).join(' '),
        reason: 'a share has 32 words, not 33'
      },
      // a valid checksum over invalid content
      {
        name: 'version 0',
        text: forged(a, { 1: word => word & 0x7f }),
        reason: 'unknown share version: 0'
      },
      {
        name: 'version 2',
        text: forged(a, { 1: word => (word & 0x7f) | (2 << 7) }),
        reason: 'unknown share version: 2'
      },
      {
        name: 'threshold 1',
        text: forged(a, { 4: word => word & ~0xf0 }),
        reason: 'these words are not a share'
      },
      { name: 'x = 0', text: forged(a, { 28: word => word & ~0xff }), reason: 'these words are not a share' }
    ].map(({ reason, ...one }) => ({ ...one, mend: a, reason })),
    refusedJoins: [
      { name: 'none', words: [], mend: [a, b, c], reason: 'no shares given' },
      { name: 'one', words: [a], mend: [a, b, c], reason: '1 share given, 3 needed' },
      { name: 'one too few', words: [c, a], mend: [c, a, b], reason: '2 shares given, 3 needed' },
      {
        name: 'fifteen of sixteen',
        words: all.slice(1),
        mend: all,
        reason: '15 shares given, 16 needed'
      },
      { name: 'one twice', words: [a, b, a], mend: [a, b, c], reason: 'share 1 was given twice' },
      {
        name: 'one of another split',
        words: [a, b, second],
        mend: [a, b, c],
        reason: 'share 2 is of another split than share 1'
      },
      {
        name: 'one with another threshold',
        words: [a, b, forged(c, { 4: word => word ^ 0x10 })],
        mend: [a, b, c],
        reason: 'share 3 has a threshold of 4, but share 1 has 3'
      },
      {
        name: 'one under two numbers',
        words: [a, b, forged(a, { 4: word => word ^ 0x0f })],
        mend: [a, b, c],
        reason: 'share 16 is share 1 with another number'
      },
      {
        name: 'one more than needed, which was changed',
        words: [a, b, c, forged(d, { 20: word => word ^ 1 })],
        mend: [a, b, c, d],
        reason: 'share 4 does not fit the shares 1, 2, 3'
      },
      {
        name: 'more than needed, one of which was changed',
        words: [first, forged(second, { 5: word => word ^ 1 }), two[2] ?? ''],
        mend: two,
        reason: 'share 3 does not fit the shares 1, 2'
      }
    ],
    unexpected: [
      { name: 'another share of the split', words: b },
      { name: 'the share with a byte changed', words: forged(a, { 20: word => word ^ 1 }) },
      { name: 'the share under another number', words: forged(a, { 4: word => word ^ 0x0f }) },
      { name: 'the share with another threshold', words: forged(a, { 4: word => word ^ 0x10 }) },
      { name: 'the share under another id', words: forged(a, { 2: word => word ^ 1 }) }
    ].map(one => ({ ...one, mend: a, signKey: hex(sharePublicKey(splits[1]?.shares[0] as Share)) }))
  }
}
