import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkWords, misplaced } from '../../../src/core/crypto/wordCode.js'

const word = fc.nat(2047)
const lists = fc.array(word, { minLength: 1, maxLength: 40 }).map(data => [...data, ...checkWords(data)])
/** A valid list, and so many different places of it with what to change them by. */
const slips = (most: number) =>
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

/** The field by its definition, as a check on the code's way. */
const powers = [1]
while (powers.length < 2047) {
  const next = (powers.at(-1) ?? 0) << 1
  powers.push(next & 0x800 ? next ^ 0x805 : next)
}
const logs = new Map(powers.map((value, exponent) => [value, exponent]))
const times = (a: number, b: number) =>
  a && b ? (powers[((logs.get(a) ?? 0) + (logs.get(b) ?? 0)) % 2047] ?? 0) : 0

describe('the field', () => {
  it('has every number but 0 as a power of 2', () => expect(logs.size).toBe(2047))
})

describe('the check words', () => {
  it('give the polynomial its four roots', () => {
    fc.assert(
      fc.property(lists, list => {
        for (const root of powers.slice(1, 5)) {
          expect(list.reduce((sum, coefficient) => times(sum, root) ^ coefficient, 0)).toBe(0)
        }
        expect(misplaced(list)).toBeUndefined()
      })
    )
  })

  it('notice up to four wrong words, whichever they are', () => {
    fc.assert(
      fc.property(slips(4), ({ list, changes }) => {
        expect(misplaced(apply(list, changes))).toBeDefined()
      }),
      { numRuns: 500 }
    )
  })

  it('say where one wrong word is', () => {
    fc.assert(
      fc.property(slips(1), ({ list, changes }) => {
        expect(misplaced(apply(list, changes))).toEqual(changes.map(([place]) => place))
      })
    )
  })

  it('notice and place every single change of a list as long as a share', () => {
    const data = Array.from({ length: 28 }, (_, index) => powers[index * 71] ?? 0)
    const list = [...data, ...checkWords(data)]
    for (const place of list.keys()) {
      for (let by = 1; by < 2048; by++) {
        const found = misplaced(apply(list, [[place, by]]))
        if (found?.length !== 1 || found[0] !== place) expect.fail(`word ${place} changed by ${by}`)
      }
    }
  })

  it('do not place where two or three are wrong on one', () => {
    fc.assert(
      fc.property(slips(3), ({ list, changes }) => {
        fc.pre(changes.length > 1)
        expect(misplaced(apply(list, changes))).not.toHaveLength(1)
      })
    )
  })

  it('say which two words were exchanged, neighbours or not', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(), (list, one, another) => {
        const [left = 0, right = 0] = [one % list.length, another % list.length].sort((a, b) => a - b)
        fc.pre(list[left] !== list[right])
        const exchanged = list.with(left, list[right] ?? 0).with(right, list[left] ?? 0)
        expect(misplaced(exchanged)).toEqual([left, right])
      })
    )
  })
})
