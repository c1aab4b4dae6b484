import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Right } from '../../../src/core/access/access.js'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import { exposures, type Exposure } from '../../../src/core/access/exposure.js'
import { carriedOrigin } from '../../../src/core/access/origin.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import {
  keyIdOf,
  keyOf,
  log,
  PEOPLE,
  person,
  publicKey,
  recipient,
  spans,
  start,
  type Changes
} from './logKit.js'
import { lives, openings, originAt, placeAt, type Ciphertext, type Life } from '../crypto/valueKit.js'

beforeAll(() => sodiumReady)

/**
 * The members who could have opened one of the ciphertexts, or wrote the first, found without their origins.
 */
function bruteForce({ history, name, writer, ciphertexts }: Life): Exposure[] {
  const { states } = history
  const { held, admins, known } = states.at(-1)!
  const alias = keyOf(states.at(-1)!, name)!
  const made = states.findIndex(({ generations }) => generations.has(alias)) + 1
  return [...known].flatMap((who): Exposure[] => {
    const member = keyIdOf(who as (typeof PEOPLE)[number])
    if (held.has(`${who} decrypt ${alias}`)) return []
    const read = ciphertexts.flatMap(place => openings(history, who, place))
    if (read.length > 0) {
      const since = Math.max(...read.map(({ from, until }) => until ?? Math.max(from, made)))
      return [{ member, how: 'read', since }]
    }
    if (who !== writer || held.has(`${who} encrypt ${alias}`) || admins.has(who)) return []
    const ends = ['decrypt', 'encrypt', 'manage']
      .flatMap(right => spans(history, state => state.held.has(`${who} ${right} ${alias}`)))
      .flatMap(({ until }) => until ?? [])
    return [{ member, how: 'wrote', since: ends.length > 0 ? Math.max(...ends) : made }]
  })
}

const aliasOf = ({ history, name }: Life) => keyOf(history.states.at(-1)!, name)!
const listed = (life: Life, ciphertext: Ciphertext = life.ciphertexts.at(-1)!) =>
  exposures(life.history.access, aliasOf(life), ciphertext)

describe('a member to whom a value is exposed', () => {
  it('could have opened a ciphertext of it, or wrote it', () => {
    fc.assert(
      fc.property(lives, life => {
        expect(listed(life)).toEqual(bruteForce(life))
      }),
      { numRuns: 300 }
    )
  })

  it('does not exist for a new value from a member who may write it', () => {
    fc.assert(
      fc.property(lives, life => {
        const { history, name, writer } = life
        const place = placeAt(history, name, history.states.length)
        const { held, admins } = history.states.at(-1)!
        const mayWrite = admins.has(writer) || held.has(`${writer} encrypt ${place.key}`)
        fc.pre(mayWrite)
        expect(listed(life, { ...place, origin: originAt(place, writer) })).toEqual([])
      })
    )
  })

  it('stays listed when the value is re-encrypted, under any key', () => {
    fc.assert(
      fc.property(lives, life => {
        const { history, name, ciphertexts } = life
        const last = ciphertexts.at(-1)!
        const before = listed(life)
        for (let knew = life.knew.at(-1)!; knew <= history.states.length; knew++) {
          const again = listed(life, { ...placeAt(history, name, knew), origin: carriedOrigin(last) })
          for (const { member, how, since } of before) {
            const now = again.find(one => one.member === member)
            expect(now).toBeDefined()
            if (how === 'wrote') continue // and may have come to be able to read it
            expect(now?.how).toBe('read')
            expect(now?.since).toBeGreaterThanOrEqual(since)
          }
        }
      })
    )
  })
})

describe('ben', () => {
  const admit = (role: 'admin' | 'member' = 'member'): LogChange => {
    return { change: 'member', name: 'ben', public: person(2).public.text, role }
  }
  const grant = (right: Right, key = 'default'): LogChange => {
    return { change: 'grant', member: 'ben', key, rights: [right] }
  }
  const revoke = (right: Right): LogChange => {
    return { change: 'revoke', member: 'ben', key: 'default', rights: [right] }
  }
  const next = (): LogChange => {
    return { change: 'generation', key: 'default', generation: '2', public: publicKey(2) }
  }
  const remove: LogChange = { change: 'remove', member: 'ben' }
  const prod = (): LogChange[] => [
    { change: 'key', key: 'prod', names: ['prod/**'] },
    { change: 'generation', key: 'prod', generation: '1', public: publicKey(3) }
  ]
  const fold = (batches: LogChange[][]) => foldLog(log(start(), ...(batches as Changes[])), 'x')

  type Case = [what: string, batches: () => LogChange[][], found: string, over?: Partial<Value>]
  interface Value {
    generation: number
    writer: 'alice' | 'ben'
  }
  it.each<Case>([
    ['not while he may read it', () => [[admit(), grant('decrypt')]], ''],
    [
      'once he is removed',
      () => [
        [admit(), grant('decrypt')],
        [remove, next()]
      ],
      'read 3'
    ],
    [
      'once he loses the right',
      () => [
        [admit(), grant('decrypt')],
        [revoke('decrypt'), next()]
      ],
      'read 3'
    ],
    [
      'not when he has it again',
      () => [[admit(), grant('decrypt')], [revoke('decrypt'), next()], [grant('decrypt')]],
      ''
    ],
    [
      'even if he got the right after the value was written',
      () => [[admit()], [grant('decrypt')], [revoke('decrypt'), next()]],
      'read 4'
    ],
    [
      'not for a value written after he lost the right',
      () => [
        [admit(), grant('decrypt')],
        [revoke('decrypt'), next()]
      ],
      '',
      { generation: 2 }
    ],
    ['not because of other rights', () => [[admit(), grant('encrypt'), grant('manage')], [remove]], ''],
    ['not for a value that he may write', () => [[admit(), grant('encrypt')]], '', { writer: 'ben' }],
    [
      'for a value that he wrote and may no longer write',
      () => [[admit(), grant('encrypt')], [revoke('encrypt')]],
      'wrote 3',
      { writer: 'ben' }
    ],
    [
      'for a value that he wrote, since he lost the last of his rights',
      () => [[admit(), grant('encrypt'), grant('manage')], [revoke('encrypt')], [revoke('manage')]],
      'wrote 4',
      { writer: 'ben' }
    ],
    [
      'as a reader of a value that he wrote and could read',
      () => [[admit(), grant('decrypt'), grant('encrypt')], [revoke('encrypt')], [remove, next()]],
      'read 4',
      { writer: 'ben' }
    ],
    ['not while he is an admin, who may write anything', () => [[admit('admin')]], '', { writer: 'ben' }],
    [
      'for a value that he wrote as an admin, since the key was created',
      () => [[admit('admin')], [{ change: 'role', member: 'ben', role: 'member' }]],
      'wrote 1',
      { writer: 'ben' }
    ]
  ])('is listed %s', (_what, batches, found, { generation = 1, writer = 'alice' } = {}) => {
    const place = { key: 'default', recipient: recipient(generation) }
    const all = exposures(fold(batches()), 'default', { ...place, origin: originAt(place, writer) })
    const [how, since] = found.split(' ') as ['read' | 'wrote', string]
    expect(all).toEqual(found ? [{ member: keyIdOf('ben'), how, since: Number(since) }] : [])
  })

  it.each<[what: string, batches: () => LogChange[][], found: string]>([
    ['since the second key was created', () => [[admit(), grant('decrypt')], prod()], 'read 3'],
    ['since he got the right on the first', () => [prod(), [admit(), grant('decrypt')]], 'read 3'],
    [
      'since he lost the first',
      () => [[admit(), grant('decrypt')], [revoke('decrypt'), next()], prod()],
      'read 3'
    ],
    ['not if he may read both', () => [[admit()], prod(), [grant('decrypt'), grant('decrypt', 'prod')]], '']
  ])('is listed for a value that moved from a key of his to another, %s', (_what, batches, found) => {
    const first = { key: 'default', recipient: recipient(1) }
    const origin = carriedOrigin({ ...first, origin: originAt(first, 'alice') })
    const all = exposures(fold(batches()), 'prod', { key: 'prod', recipient: recipient(3), origin })
    expect(all.map(({ how, since }) => `${how} ${since}`).join()).toBe(found)
  })
})

it('lists nobody in a vault without other members', () => {
  const access = { members: new Map(), keys: new Map() } as never
  const place = { key: 'default', recipient: 'x' }
  expect(exposures(access, 'default', { ...place, origin: { ...place, writer: 'w' } })).toEqual([])
})
