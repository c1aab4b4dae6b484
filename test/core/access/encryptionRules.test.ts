import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Right, SealedUnder } from '../../../src/core/access/access.js'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import { encryptionFault } from '../../../src/core/access/encryptionRules.js'
import { resealRight } from '../../../src/core/access/resealRight.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import {
  keyIdOf,
  keyOf,
  log,
  memberIn,
  PEOPLE,
  person,
  publicKey,
  recipient,
  start,
  type Changes,
  type History
} from './logKit.js'
import {
  couldWrite,
  lives,
  openings,
  originAt,
  signedAt,
  type Ciphertext,
  type Life
} from '../crypto/valueKit.js'

beforeAll(() => sodiumReady)

/** The fault of each ciphertext of a value after `change`, signed by its writer. */
function faults(life: Life, change: (ciphertext: Ciphertext, knew: number) => Ciphertext[]) {
  const { history, name, writer, knew, ciphertexts } = life
  const member = memberIn(history, writer)!
  return ciphertexts.flatMap((ciphertext, index) =>
    change(ciphertext, knew[index]!).map(changed => ({
      key: ciphertext.key,
      changed,
      fault: encryptionFault(signedAt(changed, knew[index]!, writer), name, member, history.access)
    }))
  )
}

/** All generations at the end, with the number of the entry that added each. */
const generationsOf = ({ states }: History): (SealedUnder & { since: number })[] =>
  [...states.at(-1)!.generations].flatMap(([key, all]) =>
    all.map(recipient => {
      const before = states.findIndex(({ generations }) => generations.get(key)?.includes(recipient))
      return { key, recipient, since: before + 1 }
    })
  )

describe('a version', () => {
  it('has no fault if it was sealed by the log that its writer knew', () => {
    fc.assert(
      fc.property(lives, life => {
        for (const { fault } of faults(life, one => [one])) expect(fault).toBeUndefined()
      })
    )
  })

  it('cannot be signed by a member who neither wrote the value nor could ever open it', () => {
    fc.assert(
      fc.property(lives, ({ history, name, writer, knew, ciphertexts }) => {
        const [entry, last] = [knew.at(-1)!, ciphertexts.at(-1)!]
        for (const who of PEOPLE) {
          const member = memberIn(history, who)
          if (!member) continue
          const could = ciphertexts.some(one => openings(history, who, one).length > 0)
          const key = keyOf(history.states[entry - 1]!, name)
          expect(encryptionFault(signedAt(last, entry, who), name, member, history.access)).toBe(
            who !== writer && !could
              ? `its origin names another writer, but ${who} could never read the value`
              : couldWrite(history, who, name, entry)
                ? undefined
                : `signed by ${who}, who could not write values under key "${key}" then`
          )
        }
      })
    )
  })

  it('is by a member who held encrypt then, or was an admin: manage and later grants do not count', () => {
    const turn = (change: 'grant' | 'revoke', member: string, right: Right) =>
      [{ change, member, key: 'default', rights: [right] }] as unknown as LogChange[]
    const admit = (name: 'ben' | 'cai', byte: number): LogChange => ({
      change: 'member',
      name,
      public: person(byte).public.text,
      role: 'member'
    })
    const role = (member: string, to: 'admin' | 'member'): LogChange => ({ change: 'role', member, role: to })
    const batches = [
      start(), // 1
      [admit('ben', 2), admit('cai', 3), ...turn('grant', 'ben', 'manage')], // 2
      turn('grant', 'ben', 'encrypt'), // 3
      turn('revoke', 'ben', 'encrypt'), // 4
      [role('cai', 'admin')], // 5
      [role('cai', 'member')], // 6
      [role('cai', 'admin')], // 7
      [{ change: 'remove', member: 'cai' }] // 8
    ] as const
    const access = foldLog(log(...(batches as unknown as Parameters<typeof log>)), 'x')
    const place = { key: 'default', recipient: recipient(1) }
    const may = (who: 'alice' | 'ben' | 'cai') =>
      batches.flatMap((_, index) => {
        const document = signedAt({ ...place, origin: originAt(place, who) }, index + 1, who)
        return encryptionFault(document, 'a', memberIn({ access }, who)!, access) === undefined
          ? [index + 1]
          : []
      })
    expect(may('alice')).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(may('ben')).toEqual([3])
    expect(may('cai')).toEqual([5, 7])
  })

  it('cannot be under a generation that was not the newest then', () => {
    fc.assert(
      fc.property(lives, life => {
        const others = faults(life, one =>
          generationsOf(life.history)
            .filter(({ key, recipient }) => key === one.key && recipient !== one.recipient)
            .map(({ recipient }) => ({ ...one, recipient }))
        )
        for (const { key, fault } of others)
          expect(fault).toBe(
            `it is sealed to a generation of key "${key}" that was not the newest when it was written`
          )
      })
    )
  })

  it('cannot be under another key than the name had then', () => {
    fc.assert(
      fc.property(lives, life => {
        const others = faults(life, one =>
          generationsOf(life.history)
            .filter(({ key }) => key !== one.key)
            .map(({ key, recipient }) => ({ ...one, key, recipient }))
        )
        for (const { key, changed, fault } of others)
          expect(fault).toBe(
            `it is sealed under key "${changed.key}", but the key of "${life.name}" was "${key}"`
          )
      })
    )
  })

  it('cannot name a generation in its origin that did not exist yet', () => {
    const first = (one: Ciphertext, { key, recipient }: SealedUnder): Ciphertext => ({
      ...one,
      origin: { ...one.origin, key, recipient }
    })
    const also = (one: Ciphertext, { key, recipient }: SealedUnder): Ciphertext => ({
      ...one,
      origin: { ...one.origin, also: [...(one.origin.also ?? []), { key, recipient }] as [SealedUnder] }
    })
    fc.assert(
      fc.property(lives, fc.constantFrom(first, also), (life, put) => {
        const there = generationsOf(life.history)
        const none = { key: 'prod', recipient: 'x'.repeat(22), since: Infinity }
        const all = faults(life, (one, knew) =>
          [...there, none].filter(({ since }) => since > knew).map(other => put(one, other))
        )
        for (const { changed, fault } of all) {
          const { key } = put === first ? changed.origin : changed.origin.also!.at(-1)!
          expect(fault).toBe(`its origin names a generation of key "${key}" that the log did not have yet`)
        }
        const known = faults(life, (one, knew) =>
          there.filter(({ since }) => since <= knew).map(other => put(one, other))
        )
        for (const { fault } of known) expect(fault).toBeUndefined()
      })
    )
  })

  it('of a name without a key cannot be under one', () => {
    const [vault, alice, , generation] = start()
    const access = foldLog(
      log([vault, alice!, { change: 'key', key: 'default', names: ['a'] }, generation!]),
      'x'
    )
    const place = { key: 'default', recipient: recipient(1) }
    const document = signedAt({ ...place, origin: originAt(place, 'alice') }, 1, 'alice')
    const signer = memberIn({ access }, 'alice')!
    expect(encryptionFault(document, 'a', signer, access)).toBeUndefined()
    expect(encryptionFault(document, 'b', signer, access)).toBe(
      'it is sealed under key "default", but "b" had no key'
    )
    // an unknown key is reported by the check of the recipient
    expect(encryptionFault({ ...document, key: 'none' }, 'a', signer, access)).toBeUndefined()
  })
})

describe('a re-encrypted version', () => {
  it('counts in a merge if its writer ever held decrypt on a key that its name has had', () => {
    const grant = (member: string, key: string, right: Right): LogChange => ({
      ...{ change: 'grant', member, key },
      rights: [right]
    })
    const admit = (name: 'ben' | 'cai' | 'dan', byte: number): LogChange => ({
      ...{ change: 'member', name, role: 'member' },
      public: person(byte).public.text
    })
    const key = (alias: string, names: [string], byte: number): LogChange[] => [
      { change: 'key', key: alias, names },
      { change: 'generation', key: alias, generation: '1', public: publicKey(byte) }
    ]
    const access = foldLog(
      log(
        start(),
        [admit('ben', 2), admit('cai', 3), admit('dan', 4)] as Changes,
        [...key('prod', ['prod/**'], 2), ...key('test', ['test/**'], 3)] as Changes,
        [
          grant('ben', 'default', 'decrypt'),
          grant('cai', 'test', 'decrypt'),
          grant('dan', 'prod', 'encrypt')
        ] as Changes
      ),
      'x'
    )
    const may = (name: string) =>
      (['alice', 'ben', 'cai', 'dan'] as const).filter(who =>
        resealRight(access, name)({ writer: keyIdOf(who) })
      )
    expect(may('prod/db')).toEqual(['ben']) // it was under the default key once
    expect(may('test/db')).toEqual(['ben', 'cai'])
    expect(may('other')).toEqual(['ben'])
    expect(resealRight(access, 'other')({ writer: 'nobody' })).toBe(false)
  })
})
