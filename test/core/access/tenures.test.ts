import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  generationOf,
  isRetired,
  mayWrite,
  memberNamed,
  openingTenures
} from '../../../src/core/access/access.js'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { histories, KEYS, log, memberIn, PEOPLE, RIGHTS, spans, start, type History } from './logKit.js'

beforeAll(() => sodiumReady)

describe('a right that was revoked and granted again', () => {
  it('allows a signature only if the right or the role lasted from the known entry until now', () => {
    fc.assert(
      fc.property(histories, fc.subarray([...RIGHTS]), (history, rights) => {
        for (const name of PEOPLE) {
          const member = memberIn(history, name)
          if (!member) continue
          for (const alias of KEYS) {
            const lasting = [
              ...rights.flatMap(right => spans(history, ({ held }) => held.has(`${name} ${right} ${alias}`))),
              ...spans(history, ({ admins }) => admins.has(name))
            ].filter(({ until }) => until === undefined)
            for (let knew = 1; knew <= history.states.length; knew++)
              expect(mayWrite(member, alias, rights, knew)).toBe(lasting.some(({ from }) => from <= knew))
          }
        }
      })
    )
  })
})

describe('a generation', () => {
  const places = ({ states }: History) =>
    [...states.at(-1)!.generations].flatMap(([key, all]) => all.map(recipient => ({ key, recipient })))

  it('is found by its key and its recipient together', () => {
    fc.assert(
      fc.property(histories, history => {
        const { access, states } = history
        for (const { key, recipient } of places(history)) {
          const brought = states.findIndex(({ generations }) => generations.get(key)?.includes(recipient)) + 1
          expect(generationOf(access, { key, recipient })).toMatchObject({ recipient, since: brought })
          for (const other of [...KEYS, 'none'])
            if (other !== key) expect(generationOf(access, { key: other, recipient })).toBeUndefined()
        }
      })
    )
  })

  it('is retired at an entry unless it is the newest of its key then', () => {
    fc.assert(
      fc.property(histories, history => {
        for (const [index, { generations }] of history.states.entries()) {
          for (const { key, recipient } of places(history)) {
            const isNewest = generations.get(key)?.at(-1) === recipient
            expect(isRetired(history.access.keys.get(key)!, recipient, index + 1)).toBe(!isNewest)
          }
        }
      })
    )
  })

  it('is not retired if the key has no such generation: that has an error of its own', () => {
    const { keys } = foldLog(log(start()), 'x')
    expect(isRetired(keys.get('default')!, 'x'.repeat(22), 1)).toBe(false)
  })

  it('opens for members who held decrypt while it existed, and by no other tenure', () => {
    fc.assert(
      fc.property(histories, history => {
        const { access, states } = history
        for (const name of PEOPLE) {
          const member = memberIn(history, name)
          if (!member) continue
          for (const { key, recipient } of places(history)) {
            const right = `${name} decrypt ${key}`
            const lasted = (from: number, until = Infinity) =>
              states.slice(from - 1, until - 1).some(state => state.generations.get(key)?.includes(recipient))
            const expected = spans(history, ({ held }) => held.has(right)).filter(({ from, until }) =>
              lasted(from, until)
            )
            const found = openingTenures(access, member, { key, recipient })
            expect(found).toEqual(expected.map(span => ({ key, right: 'decrypt', ...span })))
          }
        }
      })
    )
  })

  it('opens nothing if the log does not have it', () => {
    const grant: LogChange = { change: 'grant', member: 'alice', key: 'default', rights: ['decrypt'] }
    const access = foldLog(log([...start(), grant]), 'x')
    const alice = memberNamed(access, 'alice')!
    const recipient = access.keys.get('default')!.generations[0]!.recipient
    expect(openingTenures(access, alice, { key: 'default', recipient })).toHaveLength(1)
    expect(openingTenures(access, alice, { key: 'default', recipient: 'x'.repeat(22) })).toEqual([])
    expect(openingTenures(access, alice, { key: 'prod', recipient })).toEqual([])
  })
})
