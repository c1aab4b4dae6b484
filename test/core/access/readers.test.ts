import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyFor, readersOf, type Access, type Member, type Right } from '../../../src/core/access/access.js'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import type { AccessDocument } from '../../../src/core/format/documents.js'
import { ReaderDiff, mayInvalidate } from '../../../src/core/access/readers.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import {
  histories,
  keyOf,
  log,
  PEOPLE,
  person,
  spans,
  start,
  type History,
  type State as Then
} from './logKit.js'

beforeAll(() => sodiumReady)

const MEMBERS = ['ana', 'ben', 'cai'] as const
const KEYS = ['default', 'prod', 'test'] as const
const PATTERNS = ['**', 'prod/**', 'prod/db', 'test/**', 'p**'] as const
const NAMES = ['prod/db', 'prod/x', 'test/db', 'prod', 'other'] as const
const RIGHTS: readonly Right[] = ['decrypt', 'encrypt', 'manage']

type Rights = Record<string, Right[]>
interface State {
  members: { name: string; isAdmin: boolean; rights: Rights }[]
  /** The key of each pattern, if any. */
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
      tenures: [],
      adminTenures: isAdmin ? [{ from: 1 }] : []
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

describe('gained and lost readers', () => {
  it('are the difference of the readers of each name', () => {
    fc.assert(
      fc.property(states, states, (one, other) => {
        const [before, after] = [accessOf(one), accessOf(other)]
        const changes = new ReaderDiff(before, after)
        for (const name of NAMES) {
          const { gained, lost } = changes.forName(name)
          const [then, now] = [readers(before, name), readers(after, name)]
          expect(gained.map(({ member }) => member)).toEqual(now.filter(member => !then.includes(member)))
          expect(lost.map(({ member }) => member)).toEqual(then.filter(member => !now.includes(member)))
          for (const { key } of gained) expect(key).toBe(keyFor(after, name)?.alias)
          for (const { key } of lost) expect(key).toBe(keyFor(before, name)?.alias)
          if (changes.isEmpty) expect([gained, lost]).toEqual([[], []])
        }
      })
    )
  })

  it('swap if the change is reverted', () => {
    fc.assert(
      fc.property(states, states, (one, other) => {
        const [before, after] = [accessOf(one), accessOf(other)]
        const there = new ReaderDiff(before, after)
        const back = new ReaderDiff(after, before)
        for (const of of [(c: ReaderDiff) => c.byKey(), (c: ReaderDiff) => c.forName('prod/db')])
          expect(of(there)).toEqual({ gained: of(back).lost, lost: of(back).gained })
      })
    )
  })

  it('are none if nothing changed', () => {
    fc.assert(
      fc.property(states, state => {
        const changes = new ReaderDiff(accessOf(state), accessOf(state))
        expect(changes.isEmpty).toBe(true)
        expect(mayInvalidate(accessOf(state), accessOf(state))).toBe(false)
      })
    )
  })
})

describe('mayInvalidate', () => {
  it('is true for a lost right, a lost role or a moved name, and not for additions', () => {
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
        expect(mayInvalidate(accessOf(one), accessOf(more))).toBe(false)
        const isMore = JSON.stringify(normal(one)) !== JSON.stringify(normal(more))
        expect(mayInvalidate(accessOf(more), accessOf(one))).toBe(isMore)
      })
    )
  })

  it('is true for a right that was granted again: older signatures are refused', () => {
    const member = { name: 'ana', isAdmin: false, rights: { prod: ['manage'] as Right[] } }
    const before = accessOf({ members: [member], owners: [] })
    const after = accessOf({ members: [member], owners: [] })
    const again = new Map([['manage', 7]])
    const [[id, found]] = [...after.members] as [[string, Member]]
    const given = {
      ...after,
      members: new Map([[id, { ...found, rights: new Map([['prod', again]]) }]])
    } as Access
    expect(mayInvalidate(before, given)).toBe(true)
  })
})

describe('a log and an extension of it', () => {
  /** A history, and its log after `knew` entries. */
  const grown = fc.tuple(histories, fc.nat({ max: 24 })).map(([history, entry]) => {
    const { document, states } = history
    const knew = (entry % states.length) + 1
    const entries = document.entries.slice(0, knew) as AccessDocument['entries']
    return { history, knew, before: foldLog({ ...document, entries }, 'x') }
  })
  const holders = ({ held }: Then, key: string | undefined) =>
    PEOPLE.filter(name => held.has(`${name} decrypt ${key}`))

  it('have the new and former readers that the entries made', () => {
    fc.assert(
      fc.property(grown, ({ history: { access, states }, knew, before }) => {
        const changes = new ReaderDiff(before, access)
        const [then, now] = [states[knew - 1]!, states.at(-1)!]
        const difference = (from: string | undefined, to: string | undefined) => {
          const [had, have] = [holders(then, from), holders(now, to)]
          return {
            gained: have.filter(name => !had.includes(name)).map(name => `${name} ${to}`),
            lost: had.filter(name => !have.includes(name)).map(name => `${name} ${from}`)
          }
        }
        const linesOf = ({ gained, lost }: ReturnType<ReaderDiff['byKey']>) => {
          const lines = (all: typeof gained) => all.map(({ member, key }) => `${member} ${key}`)
          return { gained: lines(gained), lost: lines(lost) }
        }
        for (const name of NAMES)
          expect(linesOf(changes.forName(name))).toEqual(difference(keyOf(then, name), keyOf(now, name)))
        const each = [...now.generations.keys()].map(key => difference(key, key))
        expect(linesOf(changes.byKey())).toEqual({
          gained: each.flatMap(({ gained }) => gained),
          lost: each.flatMap(({ lost }) => lost)
        })
      })
    )
  })

  it('may invalidate documents if a right, a role or a pattern did not last', () => {
    const isKept = (history: History, knew: number, so: (state: Then) => boolean) =>
      !so(history.states[knew - 1]!) ||
      spans(history, so).some(({ from, until }) => from <= knew && until === undefined)
    const patternsOf = ({ patterns }: Then) => [...patterns].map(one => one.join(' ')).sort()
    fc.assert(
      fc.property(grown, ({ history, knew, before }) => {
        const roles = PEOPLE.map(name => isKept(history, knew, ({ admins }) => admins.has(name)))
        const rights = [...history.states[knew - 1]!.held].map(right =>
          isKept(history, knew, ({ held }) => held.has(right))
        )
        const [then, now] = [history.states[knew - 1]!, history.states.at(-1)!].map(patternsOf)
        const isWhole = [...roles, ...rights].every(Boolean) && String(then) === String(now)
        expect(mayInvalidate(before, history.access)).toBe(!isWhole)
      })
    )
  })

  it('may invalidate what an admin signed who lost the role for a while', () => {
    const admit: LogChange = { change: 'member', name: 'ben', public: person(2).public.text, role: 'admin' }
    const role = (role: 'admin' | 'member'): [LogChange] => [{ change: 'role', member: 'ben', role }]
    const fold = (...later: [LogChange][]) => foldLog(log(start(), [admit], ...later), 'x')
    const [was, isNone, isAgain] = [fold(), fold(role('member')), fold(role('member'), role('admin'))]
    expect(mayInvalidate(was, isNone)).toBe(true)
    expect(mayInvalidate(was, isAgain)).toBe(true)
    expect(mayInvalidate(isNone, isAgain)).toBe(false)
  })

  it('may invalidate what an unknown member signed', () => {
    const member = { name: 'ana', isAdmin: false, rights: {} }
    const before = accessOf({ members: [member], owners: [] })
    expect(mayInvalidate(before, accessOf({ members: [], owners: [] }))).toBe(true)
  })
})

const normal = ({ members }: State) =>
  members.map(({ isAdmin, rights }) => [
    isAdmin,
    KEYS.map(key => RIGHTS.filter(right => rights[key]?.includes(right)))
  ])
