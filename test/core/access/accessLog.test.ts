import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Access, Right } from '../../../src/core/access/access.js'
import { appendEntry, foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import type { AccessDocument } from '../../../src/core/format/documents.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { histories, log, person, publicKey, start } from './logKit.js'

beforeAll(() => sodiumReady)

const bob = (role: 'admin' | 'member' = 'member'): LogChange => ({
  change: 'member',
  name: 'bob',
  public: person(2).public.text,
  role
})
const grant = (...rights: [Right, ...Right[]]): LogChange => ({
  change: 'grant',
  member: 'bob',
  key: 'default',
  rights
})
const refusal = (why: string) => expect.objectContaining({ code: 'DocumentRefused', message: why })

/** A copy that no cache knows. */
const copy = (document: AccessDocument, entries = document.entries.length): AccessDocument => ({
  ...document,
  entries: document.entries.slice(0, entries) as AccessDocument['entries']
})

describe('the folded log', () => {
  it('lists members, the names of each key, and when each right was granted', () => {
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

  it('has the newest pruning policy and the newest generation', () => {
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

  it('has what its entries granted and did not revoke', () => {
    fc.assert(
      fc.property(histories, ({ access, states }) => {
        const { present, admins, held, patterns, generations } = states.at(-1)!
        const members = [...access.members.values()]
        const namesOf = (some: typeof members) => new Set(some.map(({ name }) => name))
        expect(namesOf(members.filter(({ removed }) => removed === undefined))).toEqual(present)
        expect(namesOf(members.filter(({ adminSince }) => adminSince !== undefined))).toEqual(admins)
        const rights = members.flatMap(member =>
          [...member.rights].flatMap(([key, some]) =>
            [...some.keys()].map(right => [member.name, right, key])
          )
        )
        expect(new Set(rights.map(one => one.join(' ')))).toEqual(held)
        const keys = [...access.keys.values()]
        expect(new Map(keys.flatMap(({ alias, names }) => names.map(name => [name, alias])))).toEqual(
          patterns
        )
        expect(
          new Map(keys.map(key => [key.alias, key.generations.map(({ recipient }) => recipient)]))
        ).toEqual(generations)
      })
    )
  })

  it('skips the signatures of verified entries, and of no others', () => {
    const whole = log(start(), [bob()], [grant('encrypt')])
    const spoiled = (index: number): AccessDocument => {
      // no entry names the last one's hash as `previous`, so it may change
      const entries = whole.entries
        .slice(0, index + 1)
        .map((entry, at) => (at === index ? { ...entry, signature: 'A'.repeat(86) } : entry))
      return { ...whole, entries: entries as unknown as AccessDocument['entries'] }
    }
    expect(foldLog(spoiled(2), 'x', 3).entries).toHaveLength(3)
    expect(() => foldLog(spoiled(2), 'x', 2)).toThrow('x: access log entry 3: the signature does not verify')
    expect(() => foldLog(spoiled(0), 'x')).toThrow('x: access log entry 1: the signature does not verify')
    expect(foldLog(spoiled(1), 'x', Infinity).entries).toHaveLength(2)
    // a log that was folded with trusted signatures is checked for a caller who trusts none
    const taken = spoiled(1)
    foldLog(taken, 'x', 2)
    for (const verified of [0, 1])
      expect(() => foldLog(taken, 'x', verified)).toThrow('entry 2: the signature does not verify')
  })

  it('is refused without an entry', () => {
    const none = { kind: 'git-vault/access', format: '1', entries: [] } as unknown as AccessDocument
    expect(() => foldLog(none, 'x')).toThrow(expect.objectContaining({ code: 'DocumentRefused' }))
    expect(() => foldLog(none, 'x')).toThrow('x: access log entry 0: it describes no vault')
  })
})

describe('an entry that is appended', () => {
  const append = (
    document: AccessDocument,
    { by = 1, secret = by, changes = [grant('encrypt')], access = foldLog(document, 'x') }: Attempt = {}
  ) => {
    const entry = {
      time: '2025-11-23T18:50:01.003Z',
      by: person(by).public.keyId,
      changes: changes as [LogChange]
    }
    return appendEntry(document, access, entry, person(secret).signSecret, 'x')
  }
  interface Attempt {
    by?: number
    /** The person whose key signs. */
    secret?: number
    changes?: LogChange[]
    access?: Access
  }

  it('returns the log with it, and what that log says', () => {
    fc.assert(
      fc.property(histories, ({ document }) => {
        let made = { log: copy(document, 1), access: foldLog(copy(document, 1), 'x') }
        for (const { changes } of document.entries.slice(1))
          made = append(made.log, { changes, access: made.access })
        expect(made.log).toEqual(document)
        expect(made.access).toEqual(foldLog(copy(made.log), 'x'))
      }),
      { numRuns: 50 }
    )
  })

  it('does not change the log that was passed in', () => {
    const document = log(start(), [bob()])
    const access = foldLog(document, 'x')
    append(document)
    expect(document.entries).toHaveLength(2)
    expect(access).toEqual(foldLog(copy(document), 'x'))
  })

  it.each<[why: string, Attempt, role?: 'admin']>([
    ['it is not signed by an admin', { by: 2 }],
    ['it is not signed by an admin', { by: 3 }],
    ['the signature does not verify', { by: 1, secret: 2 }],
    ['the signature does not verify', { by: 2, secret: 1 }, 'admin'],
    ['a member or former member is already named "bob"', { changes: [bob()] }],
    ['a grant on an unknown key: prod', { changes: [{ ...grant('encrypt'), key: 'prod' } as LogChange] }],
    [
      'after it, its signer is no longer an admin',
      { changes: [{ change: 'role', member: 'alice', role: 'member' }] }
    ]
  ])('is refused as a reader would refuse it: %s, %j', (why, attempt, role) => {
    const document = log(start(), [bob(role)])
    expect(() => append(document, attempt)).toThrow(refusal(`x: access log entry 3: ${why}`))
  })

  it('is refused after an entry that it was not made for, or in another vault', () => {
    const document = log(start(), [bob()])
    const access = foldLog(document, 'x')
    const other = { ...access, entries: [access.vaultId, 'A'.repeat(43)] }
    expect(() => append(document, { access: other })).toThrow(
      refusal('x: access log entry 3: it does not follow the entry before it')
    )
    const elsewhere = { ...access, vaultId: 'A'.repeat(43) }
    expect(() => append(document, { access: elsewhere })).toThrow(
      refusal('x: access log entry 3: the signature does not verify')
    )
  })
})
