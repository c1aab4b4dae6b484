import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyFor, readersOf, type Access, type Member, type Right } from '../../src/core/access.js'
import { ReaderChanges, takesAway } from '../../src/core/readers.js'

const MEMBERS = ['ana', 'ben', 'cai'] as const
const KEYS = ['default', 'prod', 'test'] as const
const PATTERNS = ['**', 'prod/**', 'prod/db', 'test/**', 'p**'] as const
const NAMES = ['prod/db', 'prod/x', 'test/db', 'prod', 'other'] as const
const RIGHTS: readonly Right[] = ['decrypt', 'encrypt', 'manage']

type Rights = Record<string, Right[]>
interface State {
  members: { name: string; isAdmin: boolean; rights: Rights }[]
  /** Which key has each pattern, if one has. */
  owners: (string | undefined)[]
}

const states: fc.Arbitrary<State> = fc.record({
  members: fc.tuple(
    ...MEMBERS.map(name =>
      fc.record({
        name: fc.constant(name as string),
        isAdmin: fc.boolean(),
        rights: fc.dictionary(fc.constantFrom(...KEYS), fc.subarray([...RIGHTS]))
      })
    )
  ),
  owners: fc.array(fc.option(fc.constantFrom(...KEYS), { nil: undefined }), {
    minLength: PATTERNS.length,
    maxLength: PATTERNS.length
  })
})

function accessOf({ members, owners }: State): Access {
  const folded = members.map(({ name, isAdmin, rights }): [string, Member] => [
    `id of ${name}`,
    {
      name,
      keyId: `id of ${name}`,
      text: '',
      signKey: new Uint8Array(),
      boxKey: new Uint8Array(),
      since: 1,
      ...(isAdmin ? { adminSince: 1 } : {}),
      rights: new Map(
        Object.entries(rights).map(([key, list]) => [key, new Map(list.map(right => [right, 1]))])
      ),
      tenures: []
    }
  ])
  const keys = KEYS.map(alias => {
    const names = PATTERNS.filter((_, at) => owners[at] === alias)
    return [alias, { alias, names, generations: [] }] as const
  })
  return { members: new Map(folded), keys: new Map(keys) } as unknown as Access
}

const readers = (access: Access, name: string): string[] => {
  const key = keyFor(access, name)
  return key ? readersOf(access, key.alias).map(member => member.name) : []
}

describe('who reads more or less', () => {
  it('is for each name the difference of who reads it', () => {
    fc.assert(
      fc.property(states, states, (one, other) => {
        const [before, after] = [accessOf(one), accessOf(other)]
        const changes = new ReaderChanges(before, after)
        for (const name of NAMES) {
          const { gained, lost } = changes.ofName(name)
          const [then, now] = [readers(before, name), readers(after, name)]
          expect(gained.map(({ member }) => member)).toEqual(now.filter(member => !then.includes(member)))
          expect(lost.map(({ member }) => member)).toEqual(then.filter(member => !now.includes(member)))
          for (const { key } of gained) expect(key).toBe(keyFor(after, name)?.alias)
          for (const { key } of lost) expect(key).toBe(keyFor(before, name)?.alias)
          if (changes.isNone) expect([gained, lost]).toEqual([[], []])
        }
      })
    )
  })

  it('goes back as it came', () => {
    fc.assert(
      fc.property(states, states, (one, other) => {
        const [before, after] = [accessOf(one), accessOf(other)]
        const there = new ReaderChanges(before, after)
        const back = new ReaderChanges(after, before)
        for (const of of [(c: ReaderChanges) => c.ofKeys(), (c: ReaderChanges) => c.ofName('prod/db')])
          expect(of(there)).toEqual({ gained: of(back).lost, lost: of(back).gained })
      })
    )
  })

  it('is nobody where nothing changed', () => {
    fc.assert(
      fc.property(states, state => {
        const changes = new ReaderChanges(accessOf(state), accessOf(state))
        expect(changes.isNone).toBe(true)
        expect(takesAway(accessOf(state), accessOf(state))).toBe(false)
      })
    )
  })
})

describe('what a log takes away', () => {
  it('is a right, an admin, or a name of a key, and nothing that is added', () => {
    fc.assert(
      fc.property(states, states, (one, other) => {
        const all = { ...one, members: one.members.map(member => ({ ...member })) }
        // the same owners, and of rights those of both
        const more: State = {
          owners: one.owners,
          members: all.members.map((member, at) => ({
            ...member,
            isAdmin: member.isAdmin || other.members[at]!.isAdmin,
            rights: Object.fromEntries(
              KEYS.map(key => [
                key,
                [...new Set([...(member.rights[key] ?? []), ...(other.members[at]!.rights[key] ?? [])])]
              ])
            )
          }))
        }
        expect(takesAway(accessOf(one), accessOf(more))).toBe(false)
        const isMore = JSON.stringify(normal(one)) !== JSON.stringify(normal(more))
        expect(takesAway(accessOf(more), accessOf(one))).toBe(isMore)
      })
    )
  })

  it('is a right that was given again: what was signed before counts no more', () => {
    const member = { name: 'ana', isAdmin: false, rights: { prod: ['manage'] as Right[] } }
    const before = accessOf({ members: [member], owners: [] })
    const after = accessOf({ members: [member], owners: [] })
    const again = new Map([['manage', 7]])
    const [[id, found]] = [...after.members] as [[string, Member]]
    const given = {
      ...after,
      members: new Map([[id, { ...found, rights: new Map([['prod', again]]) }]])
    } as Access
    expect(takesAway(before, given)).toBe(true)
  })
})

const normal = ({ members }: State) =>
  members.map(({ isAdmin, rights }) => [
    isAdmin,
    KEYS.map(key => RIGHTS.filter(right => rights[key]?.includes(right)))
  ])
