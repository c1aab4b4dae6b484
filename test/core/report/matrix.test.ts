import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { keyFor, type Access, type Member } from '../../../src/core/access/access.js'
import { RIGHTS, type Right } from '../../../src/core/access/rights.js'
import { accessMatrix } from '../../../src/core/report/matrix.js'
import { reportPage } from '../../../src/core/report/page.js'
import { SAMPLE } from './sample.js'

const ALIASES = ['default', 'prod', 'ops', 'constructor']
const NAMES = ['app', 'prod/db', 'prod/api/mail', 'ops/root', 'ops/prod/db']
const PATTERNS = ['**', 'prod/**', 'prod/api/**', 'ops/**', 'ops/prod/db']

/** An access log's meaning, with random keys, patterns and rights. */
const accesses: fc.Arbitrary<Access> = fc
  .record({
    owners: fc.tuple(...PATTERNS.map(() => fc.constantFrom(...ALIASES))),
    rights: fc.array(
      fc.record({
        held: fc.tuple(...ALIASES.map(() => fc.subarray([...RIGHTS]))),
        isAdmin: fc.boolean(),
        isRemoved: fc.boolean()
      }),
      { minLength: 1, maxLength: 6 }
    )
  })
  .map(({ owners, rights }) => {
    const members = rights.map(({ held, isAdmin, isRemoved }, at): Member => {
      const granted = new Map<string, ReadonlyMap<Right, number>>(
        // a member who is removed loses all rights
        ALIASES.map((alias, key) => [alias, new Map((isRemoved ? [] : held[key]!).map(right => [right, 1]))])
      )
      return {
        ...{ name: `m${at}`, keyId: `id${at}`, text: `gvpub${at}`, since: 1, rights: granted },
        ...(isAdmin && !isRemoved ? { adminSince: 1 } : {}),
        ...(isRemoved ? { removed: 2 } : {}),
        ...{ tenures: [], adminTenures: [] }
      } as unknown as Member
    })
    const keys = ALIASES.map(alias => ({
      ...{ alias, names: PATTERNS.filter((_, at) => owners[at] === alias) },
      generations: [{ number: '1', publicKey: new Uint8Array(), recipient: alias, since: 1 }]
    }))
    return {
      ...{ vaultId: 'v', region: 'local', account: '0', bindings: [], waivers: [], recoveries: new Map() },
      ...{
        members: new Map(members.map(one => [one.keyId, one])),
        keys: new Map(keys.map(key => [key.alias, key]))
      },
      ...{ entries: ['e1', 'e2'], times: ['2027-01-01T00:00:00.000Z', '2027-01-02T00:00:00.000Z'] }
    } as unknown as Access
  })

/** The key of a name by its most specific pattern: the longest that matches. */
function keyByHand({ keys }: Access, name: string): string | undefined {
  const matching = [...keys.values()].flatMap(({ alias, names }) =>
    names
      .filter(pattern => (pattern.endsWith('**') ? name.startsWith(pattern.slice(0, -2)) : name === pattern))
      .map(pattern => ({ alias, length: pattern.length }))
  )
  return matching.sort((a, b) => b.length - a.length)[0]?.alias
}

it('the matrix has exactly those readers of each name that the access rules allow', () => {
  fc.assert(
    fc.property(accesses, access => {
      const { members, keys } = accessMatrix(access)
      expect(keys.map(({ alias }) => alias)).toEqual([...ALIASES].sort())
      for (const name of NAMES) {
        const alias = keyByHand(access, name)
        expect(keyFor(access, name)?.alias).toBe(alias)
        const shown = members
          .filter(({ rights }) =>
            rights.some(({ key, rights: held }) => key === alias && held.includes('decrypt'))
          )
          .map(one => one.name)
        const allowed = [...access.members.values()]
          .filter(({ rights, removed }) => removed === undefined && rights.get(alias ?? '')?.has('decrypt'))
          .map(one => one.name)
        expect(shown.sort()).toEqual(allowed.sort())
      }
    })
  )
})

it('the page shows each right in the cell of its member and key', () => {
  fc.assert(
    fc.property(accesses, access => {
      const matrix = accessMatrix(access)
      const page = reportPage({ ...SAMPLE, ...matrix })
      const [table = ''] = /<table class="matrix">.*?<\/table>/s.exec(page) ?? []
      const rows = [...table.matchAll(/<tr>\s*<th scope="row">\s*<bdi>(\w+)<\/bdi>(.*?)<\/tr>/gs)]
      const present = matrix.members.filter(({ removed }) => removed === undefined)
      expect(rows.map(([, name]) => name)).toEqual(present.map(({ name }) => name))
      for (const [at, [, , cells = '']] of rows.entries()) {
        const said = [...cells.matchAll(/<span class="sr">([^<]*)<\/span>/g)].map(([, text]) => text)
        const words = { decrypt: 'read', encrypt: 'add versions', manage: 'manage' }
        const expected = matrix.keys.map(({ alias }) => {
          const held = present[at]!.rights.find(({ key }) => key === alias)?.rights ?? []
          return held.length === 0 ? 'none' : held.map(right => words[right]).join(', ')
        })
        expect(said).toEqual(expected)
      }
    }),
    { numRuns: 40 }
  )
})
