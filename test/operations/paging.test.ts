import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { sodiumReady } from '../../src/core/sodium.js'
import { tokenScope, page } from '../../src/operations/paging.js'

beforeAll(() => sodiumReady)

const keyed = (keys: Iterable<string>) => [...keys].sort().map(key => ({ item: key, key }))
const shown = (keys: Iterable<string>, isDescending: boolean) =>
  isDescending ? keyed(keys).toReversed() : keyed(keys)

/** Reads every page. `state` returns the items of the list before each page. */
function turn(
  state: (round: number) => Iterable<string>,
  MaxResults: number,
  isDescending: boolean
): string[][] {
  const found: string[][] = []
  let NextToken: string | undefined
  do {
    const request = { MaxResults, NextToken }
    const turned: ReturnType<typeof page<string>> = page(
      'L',
      shown(state(found.length), isDescending),
      request,
      isDescending
    )
    found.push(turned.items)
    NextToken = turned.NextToken
  } while (NextToken !== undefined)
  return found
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '/', 'ä', ' '), minLength: 1, maxLength: 3 })
const names = fc.uniqueArray(name, { maxLength: 12 })
const size = fc.integer({ min: 1, max: 5 })

describe('paging', () => {
  it('returns each item once, in order, and no empty last page', () => {
    fc.assert(
      fc.property(names, size, fc.boolean(), (list, max, isDescending) => {
        const found = turn(() => list, max, isDescending)
        expect(found.flat()).toEqual(isDescending ? list.toSorted().toReversed() : list.toSorted())
        expect(found).toHaveLength(Math.max(1, Math.ceil(list.length / max)))
      })
    )
  })

  it('returns every item that stays exactly once, and none twice, whatever is added or removed', () => {
    fc.assert(
      fc.property(
        names,
        fc.array(names, { maxLength: 9 }),
        size,
        fc.boolean(),
        (list, changes, max, down) => {
          const stays = new Set(list)
          const found = turn(round => new Set([...stays, ...(changes[round] ?? [])]), max, down).flat()
          expect(new Set(found).size).toBe(found.length)
          expect([...stays].filter(item => !found.includes(item))).toEqual([])
        }
      )
    )
  })

  it('refuses the token of another query', () => {
    const items = keyed(['a', 'b'])
    const { NextToken } = page(tokenScope('L', [1]), items, { MaxResults: 1 })
    expect(page(tokenScope('L', [1]), items, { NextToken }).items).toEqual(['b'])
    for (const list of [tokenScope('L', [2]), tokenScope('M', [1]), 'L'])
      expect(() => page(list, items, { NextToken })).toThrow('The NextToken value is invalid.')
  })
})
