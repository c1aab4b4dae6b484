import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkWords, findWrongWords } from '../../../src/core/crypto/wordCode.js'

const word = fc.nat(2047)
const lists = fc.array(word, { minLength: 1, maxLength: 40 }).map(data => [...data, ...checkWords(data)])
/** A valid list, and up to `most` different places with the change to make at each. */
const changedLists = (most: number) =>
  lists.chain(list =>
    fc.record({
      list: fc.constant(list),
      changes: fc.uniqueArray(fc.tuple(fc.nat(list.length - 1), fc.integer({ min: 1, max: 2047 })), {
        minLength: 1,
        maxLength: most,
        selector: ([place]) => place
      })
    })
  )
const apply = (list: readonly number[], changes: readonly (readonly [number, number])[]) =>
  changes.reduce((words, [place, by]) => words.with(place, (words[place] ?? 0) ^ by), [...list])

/** The field by its definition, to check the implementation. */
const powers = [1]
while (powers.length < 2047) {
  const next = (powers.at(-1) ?? 0) << 1
  powers.push(next & 0x800 ? next ^ 0x805 : next)
}
const logs = new Map(powers.map((value, exponent) => [value, exponent]))
const times = (a: number, b: number) =>
  a && b ? (powers[((logs.get(a) ?? 0) + (logs.get(b) ?? 0)) % 2047] ?? 0) : 0

describe('the field', () => {
  it('has every number except 0 as a power of 2', () => expect(logs.size).toBe(2047))
})

describe('the check words', () => {
  it('make the polynomial 0 at the four roots', () => {
    fc.assert(
      fc.property(lists, list => {
        for (const root of powers.slice(1, 5)) {
          expect(list.reduce((sum, coefficient) => times(sum, root) ^ coefficient, 0)).toBe(0)
        }
        expect(findWrongWords(list)).toBeUndefined()
      })
    )
  })

  it('detect up to four wrong words', () => {
    fc.assert(
      fc.property(changedLists(4), ({ list, changes }) => {
        expect(findWrongWords(apply(list, changes))).toBeDefined()
      }),
      { numRuns: 500 }
    )
  })

  it('locate one wrong word', () => {
    fc.assert(
      fc.property(changedLists(1), ({ list, changes }) => {
        expect(findWrongWords(apply(list, changes))).toEqual(changes.map(([place]) => place))
      })
    )
  })

  it('detect and locate every single change of a list as long as a share', () => {
    const data = Array.from({ length: 28 }, (_, index) => powers[index * 71] ?? 0)
    const list = [...data, ...checkWords(data)]
    for (const place of list.keys()) {
      for (let by = 1; by < 2048; by++) {
        const found = findWrongWords(apply(list, [[place, by]]))
        if (found?.length !== 1 || found[0] !== place) expect.fail(`word ${place} changed by ${by}`)
      }
    }
  })

  it('do not locate one word if two or three are wrong', () => {
    fc.assert(
      fc.property(changedLists(3), ({ list, changes }) => {
        fc.pre(changes.length > 1)
        expect(findWrongWords(apply(list, changes))).not.toHaveLength(1)
      })
    )
  })

  it('locate two swapped words, neighbours or not', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(), (list, one, another) => {
        const [left = 0, right = 0] = [one % list.length, another % list.length].sort((a, b) => a - b)
        fc.pre(list[left] !== list[right])
        const exchanged = list.with(left, list[right] ?? 0).with(right, list[left] ?? 0)
        expect(findWrongWords(exchanged)).toEqual([left, right])
      })
    )
  })
})
