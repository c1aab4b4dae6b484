import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Access } from '../../../src/core/access/access.js'
import { RIGHTS, type Right } from '../../../src/core/access/rights.js'
import { rightsChanges } from '../../../src/core/access/rightsChanges.js'

const held = fc.subarray([...RIGHTS])
const people = fc.array(fc.record({ from: held, to: held, owns: fc.boolean() }), { maxLength: 5 })

it('of a secret that moves are what each member has on one key and lacks on the other', () => {
  fc.assert(
    fc.property(people, found => {
      const rights = (list: readonly Right[]) => new Map(list.map(right => [right, 1] as const))
      const members = new Map(
        found.map(({ from, to }, at) => [
          `id${at}`,
          {
            ...{ name: `m${at}`, keyId: `id${at}` },
            rights: new Map([
              ['old', rights(from)],
              ['new', rights(to)]
            ])
          }
        ])
      ) as unknown as Access['members']
      const owners = found.map(({ owns }, at) => (owns ? `id${at}` : undefined))
      const { losses, gains } = rightsChanges({ members }, { from: 'old', to: 'new', owners })
      for (const [at, { from, to, owns }] of found.entries()) {
        const after: readonly Right[] = owns ? RIGHTS : to
        for (const right of RIGHTS) {
          const has = (list: typeof losses) =>
            list.some(({ member, rights: some }) => member === `m${at}` && some.includes(right))
          expect(has(losses)).toBe(from.includes(right) && !after.includes(right))
          expect(has(gains)).toBe(after.includes(right) && !from.includes(right))
        }
      }
      // nobody is named for nothing
      expect([...losses, ...gains].every(change => change.rights.length > 0)).toBe(true)
    })
  )
})

it('of a key that nobody has a right on are none', () => {
  const members = new Map([
    ['id', { name: 'm', keyId: 'id', rights: new Map() }]
  ]) as unknown as Access['members']
  expect(rightsChanges({ members }, { from: 'old', to: 'new' })).toEqual({ losses: [], gains: [] })
})
