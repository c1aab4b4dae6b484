import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  expectAdmin,
  keyAt,
  keyFor,
  mayWrite,
  memberNamed,
  readableKeys,
  readersOf,
  readersWithoutBox,
  recoveryOf,
  relate,
  type Access,
  type Key,
  type Member,
  type Right
} from '../../../src/core/access/access.js'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import type { AccessDocument } from '../../../src/core/format/documents.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import {
  histories,
  keyIdOf,
  KEYS,
  log,
  memberIn,
  PEOPLE,
  person,
  publicKey,
  start,
  type Changes
} from './logKit.js'

beforeAll(() => sodiumReady)

describe('a member', () => {
  it('is found by name until removed', () => {
    fc.assert(
      fc.property(histories, ({ access, states }) => {
        for (const name of PEOPLE) {
          const expected = states.at(-1)!.present.has(name) ? keyIdOf(name) : undefined
          expect(memberNamed(access, name)?.keyId).toBe(expected)
        }
        expect(memberNamed(access, 'mallory')).toBeUndefined()
      })
    )
  })

  it('passes expectAdmin only as an admin', () => {
    fc.assert(
      fc.property(histories, history => {
        for (const name of PEOPLE) {
          const member = memberIn(history, name)
          if (history.states.at(-1)!.admins.has(name)) expect(expectAdmin(member)).toBe(member)
          else
            expect(() => expectAdmin(member)).toThrow(
              expect.objectContaining({
                code: 'AccessDeniedException',
                message: `${member ? name : 'this identity'} is not an admin of this vault`
              })
            )
        }
      })
    )
  })
})

describe('the readers of a key', () => {
  it('are the members who hold decrypt now, admins or not', () => {
    fc.assert(
      fc.property(histories, history => {
        const { held } = history.states.at(-1)!
        for (const alias of [...KEYS, 'none']) {
          const holders = PEOPLE.filter(name => held.has(`${name} decrypt ${alias}`))
          expect(
            readersOf(history.access, alias)
              .map(({ name }) => name)
              .sort()
          ).toEqual(holders)
          for (const name of PEOPLE) {
            const member = memberIn(history, name)
            if (member) expect(readableKeys(member).includes(alias)).toBe(holders.includes(name))
          }
        }
      })
    )
  })

  it('must each have a box; a property of every object is not one', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...KEYS), fc.subarray([...PEOPLE]), (history, alias, boxed) => {
        const sealed = Object.fromEntries(boxed.map(name => [keyIdOf(name), 'box']))
        const without = readersWithoutBox(history.access, alias, { sealed }).map(({ name }) => name)
        const { held } = history.states.at(-1)!
        expect(without.sort()).toEqual(
          PEOPLE.filter(name => held.has(`${name} decrypt ${alias}`) && !boxed.includes(name))
        )
      })
    )
    const odd = { keyId: 'constructor', rights: new Map([['prod', new Map([['decrypt', 1]])]]) }
    const access = { members: new Map([['constructor', odd]]) } as unknown as Access
    expect(readersWithoutBox(access, 'prod', { sealed: {} })).toEqual([odd])
  })
})

describe('the key of a name', () => {
  const access = (...keys: [alias: string, ...names: string[]][]): Access =>
    ({
      keys: new Map(keys.map(([alias, ...names]) => [alias, { alias, names, generations: [] } satisfies Key]))
    }) as unknown as Access

  it.each<[string, string | undefined]>([
    ['prod', 'default'],
    ['prod/', 'prod'],
    ['prod/db', 'prod'],
    ['prod/db/x', 'prod'],
    ['prod/special', 'one'],
    ['prod/special/x', 'prod'],
    ['prod/deep/x', 'deep'],
    ['production', 'default'],
    ['Prod/db', 'default'],
    ['x', 'default']
  ])('%s: %s', (name, alias) => {
    const keys: [string, ...string[]][] = [
      ['prod', 'prod/**', 'unused'],
      ['default', '**'],
      ['deep', 'prod/deep/**'],
      ['one', 'prod/special']
    ]
    expect(keyFor(access(...keys), name)?.alias).toBe(alias)
    expect(keyFor(access(...keys.reverse()), name)?.alias).toBe(alias)
  })

  it('is undefined if no pattern matches', () => {
    expect(keyFor(access(['prod', 'prod/**', 'a']), 'ab')).toBeUndefined()
    expect(keyFor(access(), 'a')).toBeUndefined()
  })

  it('does not take a single star as a wildcard', () => {
    expect(keyFor(access(['a', 'x*']), 'xy')).toBeUndefined()
  })

  it('is the one with the longest matching pattern', () => {
    const part = fc.constantFrom('a', 'b', '/', 'ab')
    const name = fc.array(part, { maxLength: 6 }).map(parts => parts.join(''))
    const patterns = fc.uniqueArray(
      fc.tuple(name, fc.boolean()).map(([text, whole]) => (whole ? text : `${text}**`)),
      { maxLength: 6 }
    )
    fc.assert(
      fc.property(patterns, name, (list, asked) => {
        const matching = list.filter(
          one => one === asked || (one.endsWith('**') && asked.startsWith(one.slice(0, -2)))
        )
        const best = matching.includes(asked) ? asked : matching.toSorted((a, b) => b.length - a.length)[0]
        const found = keyFor(access(...list.map((one): [string, string] => [one, one])), asked)
        expect(found?.alias).toBe(best)
      }),
      { numRuns: 1000 }
    )
  })
})

describe('keyAt', () => {
  it('returns the key that the name had at each entry of the log', () => {
    const pattern = fc.constantFrom('**', 'a**', 'a/**', 'a/b', 'b**', 'b')
    const giving = fc.record({
      key: fc.constantFrom('default', 'one', 'two'),
      names: fc.uniqueArray(pattern)
    })
    const asked = ['a', 'a/b', 'a/c', 'ab', 'b', 'bb', 'c']
    const keys: Changes = [
      { change: 'key', key: 'one', names: ['x'] },
      { change: 'generation', key: 'one', generation: '1', public: publicKey(2) },
      { change: 'key', key: 'two', names: ['y'] },
      { change: 'generation', key: 'two', generation: '1', public: publicKey(3) }
    ]
    fc.assert(
      fc.property(fc.array(giving, { maxLength: 5 }), list => {
        const changes = list.flatMap(({ key, names: [first, ...others] }): Changes[] =>
          first === undefined ? [] : [[{ change: 'names', key, names: [first, ...others] }]]
        )
        const whole = log(start(), keys, ...changes)
        const now = foldLog(whole, 'access.yaml')
        for (let knew = 1; knew <= whole.entries.length; knew++) {
          const entries = whole.entries.slice(0, knew) as AccessDocument['entries']
          const then = foldLog({ ...whole, entries }, 'access.yaml')
          for (const name of asked) expect(keyAt(now, name, knew)).toBe(keyFor(then, name)?.alias)
        }
      })
    )
  })
})

describe('mayWrite', () => {
  const member = (over: Partial<Member>): Member => ({ name: 'bob', rights: new Map(), ...over }) as Member
  const encrypts = member({ rights: new Map([['prod', new Map<Right, number>([['encrypt', 3]])]]) })

  it.each<[string, Member, string, Right[], number, boolean]>([
    ['by a grant that was known', encrypts, 'prod', ['encrypt'], 3, true],
    ['by a grant known for long', encrypts, 'prod', ['encrypt'], 9, true],
    ['by a grant not yet known', encrypts, 'prod', ['encrypt'], 2, false],
    ['by any of the rights', encrypts, 'prod', ['manage', 'encrypt'], 3, true],
    ['by none of the rights', encrypts, 'prod', ['manage', 'decrypt'], 3, false],
    ['on another key', encrypts, 'default', ['encrypt'], 3, false],
    ['if no right suffices', encrypts, 'prod', [], 3, false],
    ['an admin may sign anything', member({ adminSince: 2 }), 'prod', [], 2, true],
    ['an admin who was not one yet', member({ adminSince: 2 }), 'prod', ['encrypt'], 1, false],
    [
      'an admin who was not one yet, by a grant',
      member({ ...encrypts, adminSince: 4 }),
      'prod',
      ['encrypt'],
      3,
      true
    ]
  ])('%s', (_what, who, alias, rights, knew, may) => {
    expect(mayWrite(who, alias, rights, knew)).toBe(may)
  })
})

describe('the recovery identity', () => {
  const names = ['r1', 'r2', 'r3']
  it('is the last one split whose member was not removed', () => {
    const admit = (): Changes => {
      const all = names.map((name, index): LogChange => {
        return { change: 'member', name, public: person(5 + index).public.text, role: 'member' }
      })
      return all as Changes
    }
    const split = (member: string): Changes => [
      {
        change: 'recovery',
        member,
        threshold: '2',
        shares: [
          { holder: 'ana', public: publicKey(1) },
          { holder: 'ben', public: publicKey(2) }
        ]
      }
    ]
    const order = fc.shuffledSubarray(names)
    fc.assert(
      fc.property(order, order, (splits, removed) => {
        const removals = removed.map((member): Changes => [{ change: 'remove', member }])
        const access = foldLog(log(start(), admit(), ...splits.map(split), ...removals), 'x')
        const expected = splits.findLast(name => !removed.includes(name))
        const found = recoveryOf(access)
        expect(found?.member.name).toBe(expected)
        expect(found?.recovery.member).toBe(found?.member.keyId)
      })
    )
  })
})

describe('a log against the pin', () => {
  it.each([
    ['abc', 'abc', 'same'],
    ['abcd', 'abc', 'ahead'],
    ['ab', 'abc', 'behind'],
    ['abd', 'abc', 'fork'],
    ['abde', 'abc', 'fork'],
    ['ad', 'abc', 'fork'],
    ['xbc', 'abc', 'foreign'],
    ['', 'abc', 'foreign']
  ])('%s, pinned %s: %s', (found, pinned, relation) => {
    expect(relate([...found], [...pinned])).toBe(relation)
  })

  it('is ahead, behind or forked, and the opposite if compared the other way round', () => {
    const way = fc.array(fc.constantFrom('a', 'b'), { maxLength: 6 })
    // an entry's hash covers all entries before it
    const hashes = (first: string, rest: string[]) =>
      [first, ...rest].map((_, at) => [first, ...rest].slice(0, at + 1).join(''))
    fc.assert(
      fc.property(fc.constantFrom('x', 'x', 'y'), way, way, (root, one, other) => {
        const [found, pinned] = [hashes(root, one), hashes('x', other)]
        const begins = (whole: string[], beginning: string[]) =>
          beginning.every((hash, at) => whole[at] === hash)
        const [isLonger, isShorter] = [begins(found, pinned), begins(pinned, found)]
        const expected =
          isLonger && isShorter
            ? 'same'
            : isLonger
              ? 'ahead'
              : isShorter
                ? 'behind'
                : root === 'x'
                  ? 'fork'
                  : 'foreign'
        expect(relate(found, pinned)).toBe(expected)
        const back = {
          same: 'same',
          ahead: 'behind',
          behind: 'ahead',
          fork: 'fork',
          foreign: 'foreign'
        } as const
        expect(relate(pinned, found)).toBe(back[expected])
      })
    )
  })
})
