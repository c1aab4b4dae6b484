import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { factChanges } from '../../../src/core/describe/factChanges.js'
import type { Fact } from '../../../src/core/describe/facts.js'

it('names what changed, went and came', () => {
  const before: Fact[] = [
    { topic: 'key', text: 'default' },
    { topic: 'tag', name: 'a', text: '1' },
    { topic: 'tag', name: 'b', text: '2' }
  ]
  const after: Fact[] = [
    { topic: 'key', text: 'prod' },
    { topic: 'tag', name: 'b', text: '2' },
    { topic: 'tag', name: 'c', text: '3' }
  ]
  expect(factChanges(before, after)).toEqual([
    { topic: 'key', before: 'default', after: 'prod' },
    { topic: 'tag', name: 'a', before: '1' },
    { topic: 'tag', name: 'c', after: '3' }
  ])
})

it('turns one state into the other, and finds nothing in equal ones', () => {
  const text = fc.constantFrom('', 'x', 'y')
  const state = fc
    .dictionary(fc.constantFrom('a', 'b', '__proto__', '"'), text)
    .map(map => Object.entries(map).map(([name, value]) => ({ topic: 'tag', name, text: value })))
  fc.assert(
    fc.property(state, state, (before, after) => {
      const facts = new Map<string, string>(before.map(({ name, text: value }) => [name, value]))
      for (const change of factChanges(before, after)) {
        expect(facts.get(change.name!)).toBe(change.before)
        if (change.after === undefined) facts.delete(change.name!)
        else facts.set(change.name!, change.after)
      }
      expect([...facts].sort()).toEqual(after.map(({ name, text: value }) => [name, value]).sort())
      expect(factChanges(after, after)).toEqual([])
    })
  )
})
