import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../../src/core/encoding.js'
import { VaultError } from '../../../src/core/errors.js'
import type { Share } from '../../../src/core/crypto/share.js'
import { formatShare, includesShare, parseShare } from '../../../src/core/crypto/shareWords.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { checkWords } from '../../../src/core/crypto/wordCode.js'

beforeAll(() => sodiumReady)

const shares: fc.Arbitrary<Share> = fc.record({
  id: fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => encode(bytes)),
  threshold: fc.integer({ min: 2, max: 16 }),
  number: fc.integer({ min: 1, max: 16 }),
  bytes: fc
    .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 1, max: 255 }))
    .map(([y, x]) => Uint8Array.from([...y, x]))
})
const places = fc.nat(31)

function refusal(text: string): VaultError {
  try {
    parseShare(text)
  } catch (error) {
    expect(error).toBeInstanceOf(VaultError)
    expect((error as VaultError).code).toBe('Usage')
    return error as VaultError
  }
  return expect.fail('the words were accepted')
}

const some = (): Share => ({ id: 'AAECAw', threshold: 2, number: 3, bytes: new Uint8Array(33).fill(7) })

describe('a share in words', () => {
  it('is 32 words of the list, and is parsed to the same share', () => {
    fc.assert(
      fc.property(shares, share => {
        const words = formatShare(share).split(' ')
        expect(words).toHaveLength(32)
        for (const word of words) expect(wordlist).toContain(word)
        expect(parseShare(words.join(' '))).toEqual(share)
      })
    )
  })

  it('begins with the same three words as all shares of its split', () => {
    fc.assert(
      fc.property(shares, shares, (one, another) => {
        const begin = (share: Share) => formatShare(share).split(' ').slice(0, 3)
        expect(begin({ ...another, id: one.id })).toEqual(begin(one))
      })
    )
  })

  it('may be typed in any case, with any white space, with numbers, and with four letters of each word', () => {
    fc.assert(
      fc.property(
        shares,
        fc.array(
          fc.tuple(
            fc.boolean(),
            fc.boolean(),
            fc.constantFrom(' ', '\n', '\t', '\r\n', '   ', ' 7 ', '\n12. ')
          ),
          { minLength: 32, maxLength: 32 }
        ),
        (share, ways) => {
          const typed = formatShare(share)
            .split(' ')
            .map((word, index) => {
              const [upper, short, space] = ways[index] ?? expect.fail('32 ways')
              const letters = short ? word.slice(0, 4) : word
              return space + (upper ? letters.toUpperCase() : letters)
            })
          expect(parseShare(typed.join(' '))).toEqual(share)
        }
      )
    )
  })

  it('is refused for a damaged share', () => {
    const wrong: Partial<Share>[] = [
      { id: 'AAEC' },
      { id: 'not an id' },
      { threshold: 1 },
      { threshold: 17 },
      { number: 0 },
      { number: 17 },
      { number: 1.5 },
      { bytes: new Uint8Array(32).fill(1) },
      { bytes: new Uint8Array(33) }
    ]
    for (const over of wrong)
      expect(() => formatShare({ ...some(), ...over })).toThrow(expect.objectContaining({ code: 'Usage' }))
  })
})

describe('words with a valid checksum', () => {
  const forged = (place: number, change: (word: number) => number) => {
    const data = formatShare(some())
      .split(' ')
      .slice(0, 28)
      .map(word => wordlist.indexOf(word))
    const other = data.with(place, change(data[place] ?? 0))
    return [...other, ...checkWords(other)].map(word => wordlist[word]).join(' ')
  }

  it.each([
    ['another version', 0, (word: number) => (word & 0x7f) | (2 << 7), 'unknown share version: 2'],
    ['a threshold of 1', 3, (word: number) => word & ~0xf0, 'these words are not a share'],
    ['x = 0', 27, (word: number) => word & ~0xff, 'these words are not a share']
  ])('are refused for %s', (_what, place, change, message) => {
    expect(refusal(forged(place, change)).message).toBe(message)
    parseShare(forged(place, word => word))
  })
})

describe('a typing error', () => {
  it('in one word is detected and located', () => {
    fc.assert(
      fc.property(shares, places, fc.integer({ min: 1, max: 2047 }), (share, place, by) => {
        const words = formatShare(share).split(' ')
        const wrong = wordlist[(wordlist.indexOf(words[place] ?? '') + by) % 2048] ?? ''
        expect(refusal(words.with(place, wrong).join(' ')).message).toBe(`word ${place + 1} is wrong`)
      })
    )
  })

  it('that swaps two neighbours is detected and located', () => {
    fc.assert(
      fc.property(shares, fc.nat(30), (share, place) => {
        const words = formatShare(share).split(' ')
        const [left = '', right = ''] = words.slice(place, place + 2)
        fc.pre(left !== right)
        const { message } = refusal(
          words
            .with(place, right)
            .with(place + 1, left)
            .join(' ')
        )
        expect(message).toBe(`words ${place + 1} and ${place + 2} are swapped`)
      })
    )
  })

  it('in several words is detected', () => {
    const changes = fc.uniqueArray(fc.tuple(places, fc.integer({ min: 1, max: 2047 })), {
      minLength: 2,
      maxLength: 4,
      selector: ([place]) => place
    })
    fc.assert(
      fc.property(shares, changes, (share, errors) => {
        const words = formatShare(share).split(' ')
        for (const [place, by] of errors)
          words[place] = wordlist[(wordlist.indexOf(words[place] ?? '') + by) % 2048] ?? ''
        expect(refusal(words.join(' ')).message).toMatch(/^(?:words? \d|several words)/)
      })
    )
  })

  it('that omits a word or repeats it is detected', () => {
    const words = formatShare(some()).split(' ')
    for (const place of words.keys()) {
      expect(refusal(words.toSpliced(place, 1).join(' ')).message).toMatch(/32 words, not 31$/)
      const twice = words.toSpliced(place, 0, words[place] ?? '')
      expect(refusal(twice.join(' ')).message).toMatch(/32 words, not 33$/)
    }
    expect(refusal('').message).toMatch(/32 words, not 0$/)
  })

  it.each([
    ['abandn', 'abandon'],
    ['adbandon', 'abandon'],
    ['abnadon', 'abandon'],
    ['abandons', 'abandon'],
    ['zooo', 'zoo'],
    ['abl', 'able'],
    ['ability.', 'ability'],
    ['abnd', 'abandon'],
    ['stret', 'street'],
    ['wrods', 'words|world|word']
  ])('%s leads to the suggestion %s', (typed, near) => {
    const error = refusal(formatShare(some()).split(' ').with(6, typed).join(' '))
    expect(error.message).toBe('word 7 is not in the word list')
    expect(error.hint).toMatch(new RegExp(`^similar words in the list: .*\\b(?:${near})\\b`))
    expect(error.hint?.split(', ').length).toBeLessThanOrEqual(4)
  })

  it.each(['qqqqqq', 'a-very-long-word-indeed', '\u001b[2j', 'ü'])('%j leads to no suggestion', typed => {
    const error = refusal(formatShare(some()).split(' ').with(0, typed).join(' '))
    expect(error.message).toBe('word 1 is not in the word list')
    expect(`${error.message} ${error.hint}`).not.toContain(typed)
  })

  it('leads to a message without any word of the share', () => {
    const allowed = new Set(
      'word words is wrong not in the list several are or out of order swapped'.split(' ')
    )
    fc.assert(
      fc.property(shares, places, places, (share, one, another) => {
        const words = formatShare(share).split(' ')
        const other = (word: string) => wordlist[(wordlist.indexOf(word) + 1) % 2048] ?? ''
        for (const place of [one, another]) words[place] = other(words[place] ?? '')
        const message = refusal(words.join(' ')).message.match(/[a-z]+/g)
        expect(message?.filter(word => !allowed.has(word))).toEqual([])
      })
    )
  })
})

describe('a text', () => {
  const words = fc.array(fc.constantFrom(...wordlist.slice(0, 400)), { maxLength: 50 })

  it('that includes a share is found, whatever is around it and however it is written', () => {
    const forms: ((list: readonly string[]) => string)[] = [
      list => list.join(' '),
      list => list.map((word, at) => `${at + 1}. ${word}`).join('\n'),
      list => list.map(word => word.slice(0, 4).toUpperCase()).join('\t')
    ]
    fc.assert(
      fc.property(shares, words, words, fc.constantFrom(...forms), (share, before, after, form) => {
        const text = form([...before, ...formatShare(share).split(' '), ...after])
        expect(includesShare(`some text: ${text} -- and more`)).toBe(true)
      }),
      { numRuns: 100 }
    )
  })

  it('with one wrong word, or with two words swapped, has none', () => {
    fc.assert(
      fc.property(shares, places, places, fc.nat(2047), (share, one, other, index) => {
        const right = formatShare(share).split(' ')
        const wrong = right.with(one, wordlist[index]!)
        const swapped = right.with(one, right[other]!).with(other, right[one]!)
        for (const list of [wrong, swapped])
          expect(includesShare(list.join(' '))).toBe(list.join(' ') === right.join(' '))
      }),
      { numRuns: 100 }
    )
  })
})
