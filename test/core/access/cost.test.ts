import { beforeAll, describe, expect, it } from 'vitest'
import {
  keyAt,
  keyFor,
  memberNamed,
  openingTenures,
  readersOf,
  type Access,
  type Key,
  type Member
} from '../../../src/core/access/access.js'
import {
  appendEntry,
  checkNextEntry,
  entryHashes,
  foldLog,
  foldLogInTurns,
  type LogChange
} from '../../../src/core/access/accessLog.js'
import { exposures } from '../../../src/core/access/exposure.js'
import { ReaderDiff } from '../../../src/core/access/readers.js'
import { encode } from '../../../src/core/encoding.js'
import { formatDocument, type AccessDocument } from '../../../src/core/format/documents.js'
import { LOG_LIMITS } from '../../../src/core/format/limits.js'
import type { Names } from '../../../src/core/generated/documents.js'
import { publicIdentity } from '../../../src/core/crypto/identity.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { meter, TURN } from '../../../src/core/turns.js'
import { log, person, publicKey, recipient, start, type Changes } from './logKit.js'

beforeAll(() => sodiumReady)

const bob: LogChange = { change: 'member', name: 'bob', public: person(2).public.text, role: 'member' }
const turn = (change: 'grant' | 'revoke'): LogChange => ({
  change,
  member: 'bob',
  key: 'default',
  rights: ['encrypt']
})
const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `n${from + index}`) as unknown as Names
const bind = (patterns: Names): LogChange => ({ change: 'names', key: 'default', names: patterns })
const changes = (list: readonly LogChange[]) => list as Changes
const publicKeyOf = (index: number) => {
  const bytes = new Uint8Array(32).fill(9)
  new DataView(bytes.buffer).setUint32(0, index)
  return encode(bytes)
}

/** A list that counts how often it is walked. */
class Counted<T> extends Array<T> {
  walks = 0;
  override [Symbol.iterator]() {
    this.walks++
    return super[Symbol.iterator]()
  }
}

describe('the cost of a log', () => {
  const alternating = (count: number) =>
    Array.from({ length: count }, (_, at) => turn(at % 2 ? 'revoke' : 'grant'))
  const unitsOf = (document: AccessDocument) => {
    const before = meter.units
    foldLog(document, 'x', Infinity)
    return meter.units - before
  }

  it.each<[string, (count: number) => AccessDocument]>([
    ['entries', count => log(start(), [bob], ...alternating(count).map(one => changes([one])))],
    ['changes of one member’s rights', count => log(start(), changes([bob, ...alternating(count)]))],
    ['names', count => log(start(), [bind(names(count))])],
    [
      'moves of the same names',
      count => log(start(), ...Array.from({ length: 10 }, () => changes([bind(names(count))])))
    ]
  ])('is linear in %s', (_, make) => {
    const [few, many] = [unitsOf(make(90)), unitsOf(make(900))]
    expect(many).toBeLessThan(11 * few)
  })

  it('does not depend on the stack: 130,000 names in one entry', () => {
    expect(() => foldLog(log(start(), [bind(names(130_000))]), 'x')).toThrow(
      'x: access log entry 2: key "default" has more than 1000 name patterns'
    )
  })

  it('has no turn of more than a step over the limit, and the same result', async () => {
    const document = log(start(), [bob], ...alternating(600).map(one => changes([one])))
    const copy = { ...document }
    meter.longestTurn = 0
    expect(await foldLogInTurns(document, 'x')).toEqual(foldLog(copy, 'x'))
    expect(meter.longestTurn).toBeGreaterThan(TURN / 2)
    expect(meter.longestTurn).toBeLessThan(TURN + 200)
  })

  it('ends at the first bad entry', async () => {
    const document = log(start(), [bob], ...alternating(500).map(one => changes([one])))
    const entries = document.entries.map((entry, at) =>
      at === 2 ? { ...entry, by: person(3).public.keyId } : entry
    )
    const forged = { ...document, entries: entries as unknown as AccessDocument['entries'] }
    const before = meter.units
    expect(() => foldLog(forged, 'x')).toThrow('x: access log entry 3: it is not signed by an admin')
    expect(meter.units - before).toBeLessThan(300)
  })

  it('is one signature for the entry after the trusted ones', async () => {
    const document = log(start(), [bob], ...alternating(500).map(one => changes([one])))
    await entryHashes(document)
    for (const shared of [0, 1, 2]) {
      const before = meter.units
      await checkNextEntry(document, 'x', shared)
      expect(meter.units - before).toBeLessThan(150)
    }
    const other = { ...document, entries: document.entries.slice(1) as unknown as AccessDocument['entries'] }
    await expect(checkNextEntry(other, 'x', 0)).rejects.toThrow('x: access log entry 1: it is numbered 2')
  })
})

describe('one more than each limit of a log is refused, also when it is written', () => {
  const admitted = (count: number) =>
    Array.from({ length: count }, (_, at): LogChange => {
      const seed = new Uint8Array(32).fill(7)
      new DataView(seed.buffer).setUint32(0, at)
      const { text } = publicIdentity(
        seed,
        seed.map(byte => byte ^ 127)
      )
      return { ...bob, name: `m${at}`, public: text }
    })
  const keys = (count: number) =>
    Array.from({ length: count }, (_, at): LogChange[] => [
      { change: 'key', key: `k${at}`, names: [`x${at}`] },
      { change: 'generation', key: `k${at}`, generation: '1', public: publicKeyOf(at) }
    ]).flat()
  const batches = (list: readonly LogChange[], size = 2_000) =>
    Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
      changes(list.slice(at * size, (at + 1) * size))
    )

  it.each<[limit: string, within: Changes[], over: LogChange, why: string]>([
    [
      'name patterns of a key',
      [[bind(names(999))]],
      bind(names(1, 5000)),
      'key "default" has more than 1000 name patterns'
    ],
    [
      'keys',
      batches(keys(999)),
      { change: 'key', key: 'one', names: ['y'] },
      'the log has more than 1000 keys'
    ]
  ])('%s', (_, within, over, why) => {
    const document = log(start(), ...within)
    const access = foldLog({ ...document }, 'x', Infinity)
    expect(() => append(document, access, [over])).toThrow(why)
  })

  it('members', () => {
    const document = log(start(), ...batches(admitted(LOG_LIMITS.members - 1)))
    const access = foldLog(document, 'x', Infinity)
    expect(access.members.size).toBe(5000)
    expect(() => append(document, access, [bob])).toThrow(
      'the log has more than 5000 members, former ones included'
    )
  })

  it('entries', () => {
    const document = log(start(), [bob], ...Array.from({ length: 1 }, () => changes([turn('grant')])))
    const [first, second, third] = document.entries
    const entries = [first, second, ...Array.from({ length: 4_999 }, () => third)]
    const long = { ...document, entries: entries as unknown as AccessDocument['entries'] }
    expect(() => formatDocument('access', long, 'x')).toThrow(
      'x: not an access document: entries: must NOT have more than 5000 items'
    )
  })

  it.each<[string, LogChange[], string]>([
    [
      'changes of an entry',
      Array.from({ length: 2_001 }, () => turn('grant')),
      'entries/0/changes: must NOT have more than 2000 items'
    ],
    ['names of a change', [bind(names(1_001))], 'not an access document: entries/0/changes/0'],
    [
      'signatures of a drill',
      [
        {
          change: 'drill',
          member: 'bob',
          head: 'A'.repeat(43),
          signatures: Array.from({ length: 17 }, () => ({ share: '1', signature: 'A'.repeat(86) }))
        } as unknown as LogChange
      ],
      'not an access document: entries/0/changes/0'
    ]
  ])('%s', (_, list, why) => {
    const document = log(changes(list))
    expect(() => formatDocument('access', document, 'x')).toThrow(why)
  })

  it('a share that signs a drill twice is refused before any signature is verified', () => {
    const split: LogChange = {
      change: 'recovery',
      member: 'bob',
      threshold: '2',
      shares: [1, 2].map(at => ({ holder: 'h', public: publicKey(at) })) as never
    }
    const document = log(start(), [bob, split])
    const access = foldLog(document, 'x')
    const signatures = Array.from({ length: 16 }, () => ({ share: '1', signature: 'A'.repeat(86) }))
    const drill = {
      change: 'drill',
      member: 'bob',
      head: access.entries.at(-1),
      signatures
    } as unknown as LogChange
    expect(() => append(document, access, [drill])).toThrow('the drill lists a share twice')
  })

  function append(document: AccessDocument, access: Access, list: LogChange[]) {
    const entry = { time: '2025-11-23T18:50:01.003Z', by: person(1).public.keyId, changes: list as Changes }
    return appendEntry(document, access, entry, person(1).signSecret, 'x')
  }
})

describe('a question about a log does not walk it each time', () => {
  const times = 50

  it('the key of a name, now and at an entry', () => {
    const patterns = new Counted<string>()
    patterns.push('**', 'prod/**', 'prod/db')
    const key = { alias: 'prod', names: patterns, generations: [] } as unknown as Key
    const bindings = new Counted<Access['bindings'][number]>()
    for (const since of [1, 3, 5]) bindings.push({ pattern: 'prod/**', key: `k${since}`, since })
    const access = { keys: new Map([['prod', key]]), bindings } as unknown as Access
    for (let at = 0; at < times; at++) {
      expect(keyFor(access, `prod/${at}`)?.alias).toBe('prod')
      expect(keyAt(access, `prod/${at}`, 4)).toBe('k3')
    }
    expect([patterns.walks, bindings.walks]).toEqual([1, 1])
  })

  it('a member by name, the readers of a key, and the tenures that open a generation', () => {
    const tenures = new Counted<Member['tenures'][number]>()
    tenures.push({ key: 'default', right: 'decrypt', from: 1 }, { key: 'other', right: 'decrypt', from: 1 })
    const rights = new Map([['default', new Map([['decrypt', 1]])]])
    const member = { name: 'bob', keyId: 'b', tenures, rights } as unknown as Member
    let walks = 0
    const members = new Map([['b', member]])
    const values = members.values.bind(members)
    members.values = () => {
      walks++
      return values()
    }
    const keys = new Map([
      ['default', { generations: [{ number: '1', recipient: recipient(1), since: 1 }] } as unknown as Key]
    ])
    const access = { members, keys } as unknown as Access
    for (let at = 0; at < times; at++) {
      expect(memberNamed(access, 'bob')).toBe(member)
      expect(readersOf(access, 'default')).toEqual([member])
      expect(openingTenures(access, member, { key: 'default', recipient: recipient(1) })).toHaveLength(1)
      expect(new ReaderDiff(access, access).byKey()).toEqual({ gained: [], lost: [] })
    }
    expect([walks, tenures.walks]).toEqual([2, 1])
  })

  it('an exposure by very many tenures needs no stack', () => {
    const tenures = Array.from({ length: 200_000 }, (_, at) => ({
      key: 'default',
      right: 'decrypt' as const,
      from: at + 1,
      until: at + 2
    }))
    const member = { name: 'bob', keyId: 'b', tenures, rights: new Map() } as unknown as Member
    const keys = new Map([
      ['default', { generations: [{ number: '1', recipient: recipient(1), since: 1 }] } as unknown as Key]
    ])
    const access = { members: new Map([['b', member]]), keys } as unknown as Access
    const place = { key: 'default', recipient: recipient(1) }
    const document = { ...place, origin: { ...place, writer: 'w' } }
    expect(exposures(access, 'default', document)).toEqual([{ member: 'b', how: 'read', since: 200_001 }])
    expect(exposures(access, 'default', { ...document, origin: { ...place, writer: 'b' } })).toHaveLength(1)
  })
})
