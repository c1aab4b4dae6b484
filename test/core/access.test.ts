import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { foldLog, hashEntry, signEntry } from '../../src/core/accessLog.js'
import {
  keyAt,
  keyFor,
  mayWrite,
  relate,
  type Access,
  type Key,
  type Member,
  type Right
} from '../../src/core/access.js'
import type { AccessDocument } from '../../src/core/documents.js'
import { encode } from '../../src/core/encoding.js'
import type { Entry } from '../../src/core/generated/documents.js'
import { identityFromSeed } from '../../src/core/identity.js'
import { sodium, sodiumReady } from '../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const person = (byte: number) => identityFromSeed(seed(byte))
const publicKey = (byte: number) => encode(sodium.crypto_scalarmult_base(seed(byte)))

function log(...batches: Entry['changes'][]): AccessDocument {
  const entries: Entry[] = []
  for (const changes of batches) {
    const [root, last] = [entries[0], entries.at(-1)]
    const entry = {
      entry: String(entries.length + 1),
      previous: last ? hashEntry(last) : 'none',
      time: '2025-11-23T18:50:01.003Z',
      by: person(1).public.keyId,
      changes
    }
    entries.push(signEntry(entry, root && hashEntry(root), person(1).signSecret))
  }
  return { kind: 'git-vault/access', format: '1', entries: entries as AccessDocument['entries'] }
}

const start = (): Entry['changes'] => [
  { change: 'vault', region: 'local', account: '000000000000' },
  { change: 'member', name: 'alice', public: person(1).public.text, role: 'admin' },
  { change: 'key', key: 'default', names: ['**'] },
  { change: 'generation', key: 'default', generation: '1', public: publicKey(1) }
]
const bob = (): Entry['changes'][number] => ({
  change: 'member',
  name: 'bob',
  public: person(2).public.text,
  role: 'member'
})
const grant = (...rights: [Right, ...Right[]]): Entry['changes'][number] => ({
  change: 'grant',
  member: 'bob',
  key: 'default',
  rights
})

describe('the folded log', () => {
  it('says who is who, what a key is for, and when each right was granted', () => {
    const access = foldLog(log(start(), [bob(), grant('encrypt')], [grant('encrypt', 'decrypt')]), 'x')
    const [alice, member] = [...access.members.values()]
    expect(alice).toMatchObject({ name: 'alice', adminSince: 1, keyId: person(1).public.keyId })
    expect(member).toMatchObject({ name: 'bob', signKey: person(2).public.signKey })
    expect(member).not.toHaveProperty('adminSince')
    expect(member?.rights.get('default')).toEqual(
      new Map([
        ['encrypt', 2],
        ['decrypt', 3]
      ])
    )
    expect(access.keys.get('default')?.generations).toMatchObject([{ number: '1' }])
    expect(access).toMatchObject({ region: 'local', account: '000000000000', vaultId: access.entries[0] })
    expect(access.entries).toHaveLength(3)
    expect(access.pruning).toEqual({ keep: 100, minimumAgeMs: 86_400_000, quota: 150 })
  })

  it('takes the newest pruning policy and the newest generation', () => {
    const access = foldLog(
      log(
        start(),
        [{ change: 'pruning', keep: '5', minimumAgeHours: '0', quota: '5' }],
        [
          { change: 'pruning', keep: '6', minimumAgeHours: '2', quota: '7' },
          { change: 'generation', key: 'default', generation: '2', public: publicKey(2) }
        ]
      ),
      'x'
    )
    expect(access.pruning).toEqual({ keep: 6, minimumAgeMs: 7_200_000, quota: 7 })
    expect(access.keys.get('default')?.generations.map(({ number }) => number)).toEqual(['1', '2'])
  })

  it('does not check again what was verified, and only that', () => {
    const whole = log(start(), [bob()], [grant('encrypt')])
    const spoiled = (index: number): AccessDocument => {
      // the last entry's hash is nobody's `previous`, so what is behind it can stay
      const entries = whole.entries
        .slice(0, index + 1)
        .map((entry, at) => (at === index ? { ...entry, signature: 'A'.repeat(86) } : entry))
      return { ...whole, entries: entries as unknown as AccessDocument['entries'] }
    }
    expect(foldLog(spoiled(2), 'x', 3).entries).toHaveLength(3)
    expect(() => foldLog(spoiled(2), 'x', 2)).toThrow('x: access log entry 3: the signature does not verify')
    expect(() => foldLog(spoiled(0), 'x')).toThrow('x: access log entry 1: the signature does not verify')
    expect(foldLog(spoiled(1), 'x', Infinity).entries).toHaveLength(2)
  })

  it('without an entry names no vault', () => {
    const none = { kind: 'git-vault/access', format: '1', entries: [] } as unknown as AccessDocument
    expect(() => foldLog(none, 'x')).toThrow(expect.objectContaining({ code: 'DocumentRefused' }))
    expect(() => foldLog(none, 'x')).toThrow('names no vault')
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

  it('is none where no pattern matches', () => {
    expect(keyFor(access(['prod', 'prod/**', 'a']), 'ab')).toBeUndefined()
    expect(keyFor(access(), 'a')).toBeUndefined()
  })

  it('takes a single star for what it is', () => {
    expect(keyFor(access(['a', 'x*']), 'xy')).toBeUndefined()
  })

  it('says most: no other matching pattern is longer', () => {
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

describe('the key that a name had', () => {
  it('is at each entry of the log what the log said then', () => {
    const pattern = fc.constantFrom('**', 'a**', 'a/**', 'a/b', 'b**', 'b')
    const giving = fc.record({
      key: fc.constantFrom('default', 'one', 'two'),
      names: fc.uniqueArray(pattern)
    })
    const asked = ['a', 'a/b', 'a/c', 'ab', 'b', 'bb', 'c']
    const keys: Entry['changes'] = [
      { change: 'key', key: 'one', names: ['x'] },
      { change: 'generation', key: 'one', generation: '1', public: publicKey(2) },
      { change: 'key', key: 'two', names: ['y'] },
      { change: 'generation', key: 'two', generation: '1', public: publicKey(3) }
    ]
    fc.assert(
      fc.property(fc.array(giving, { maxLength: 5 }), list => {
        const changes = list.flatMap(({ key, names: [first, ...others] }): Entry['changes'][] =>
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

describe('who may write', () => {
  const member = (over: Partial<Member>): Member => ({ name: 'bob', rights: new Map(), ...over }) as Member
  const encrypts = member({ rights: new Map([['prod', new Map<Right, number>([['encrypt', 3]])]]) })

  it.each<[string, Member, string, Right[], number, boolean]>([
    ['by a grant that was known', encrypts, 'prod', ['encrypt'], 3, true],
    ['by a grant known for long', encrypts, 'prod', ['encrypt'], 9, true],
    ['by a grant not yet known', encrypts, 'prod', ['encrypt'], 2, false],
    ['by any of the rights', encrypts, 'prod', ['manage', 'encrypt'], 3, true],
    ['by none of the rights', encrypts, 'prod', ['manage', 'decrypt'], 3, false],
    ['on another key', encrypts, 'default', ['encrypt'], 3, false],
    ['where no right will do', encrypts, 'prod', [], 3, false],
    ['an admin, anything', member({ adminSince: 2 }), 'prod', [], 2, true],
    ['an admin of later on', member({ adminSince: 2 }), 'prod', ['encrypt'], 1, false],
    ['an admin of later on, by a grant', member({ ...encrypts, adminSince: 4 }), 'prod', ['encrypt'], 3, true]
  ])('%s', (_what, who, alias, rights, knew, may) => {
    expect(mayWrite(who, alias, rights, knew)).toBe(may)
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
})
