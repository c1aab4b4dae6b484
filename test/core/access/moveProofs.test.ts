import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { foldLog, type LogChange } from '../../../src/core/access/accessLog.js'
import { signedBytes } from '../../../src/core/format/documents.js'
import { encode } from '../../../src/core/encoding.js'
import {
  mayMove,
  isProvenMove,
  movesOf,
  proveMove,
  unprovedLabel,
  withoutProofs,
  withProofs,
  type MoveContext
} from '../../../src/core/access/moveProofs.js'
import { sodium, sodiumReady } from '../../../src/core/sodium.js'
import { noVersions, type Label, type Move, type Stages } from '../../../src/core/versions/stages.js'
import { plans, run } from '../versions/history.js'
import { histories, identityOf, keyIdOf, KEYS, log, PEOPLE, start, type Changes } from './logKit.js'
import { at, entry } from '../versions/stagesKit.js'

beforeAll(() => sodiumReady)

type Name = (typeof PEOPLE)[number]

const ARN = 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123'
/** Alice is an admin without rights; ben holds encrypt, cai manage, and dan decrypt. */
const context = (): MoveContext => {
  const team = (['ben', 'cai', 'dan'] as const).flatMap((name, index): LogChange[] => [
    { change: 'member', name, public: identityOf(name).public.text, role: 'member' },
    {
      change: 'grant',
      member: name,
      key: 'default',
      rights: [(['encrypt', 'manage', 'decrypt'] as const)[index]!]
    }
  ])
  return { access: foldLog(log(start(), team as Changes), 'x'), secret: ARN, key: 'default' }
}
const prove = (label: string, move: Move, by: Name, { access, secret }: MoveContext = context()): Move =>
  proveMove(label, move, { vaultId: access.vaultId, secret }, identityOf(by))

const state = (labels: Record<string, Label> = {}): Stages => ({
  ...noVersions,
  labels: new Map(Object.entries(labels)),
  versions: new Map([
    ['v1', { ...entry(at(1)), writer: keyIdOf('ben') }],
    ['v2', { ...entry(at(2)), writer: keyIdOf('alice') }]
  ])
})

describe('mayMove', () => {
  it('allows admins, holders of manage, and holders of encrypt who wrote the version', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...KEYS), ({ access, states }, key) => {
        const { held, admins } = states.at(-1)!
        const versions = new Map(
          PEOPLE.map(name => [`of ${name}`, { ...entry(at(1)), writer: keyIdOf(name) }])
        )
        const stages = { ...noVersions, versions }
        for (const name of PEOPLE) {
          const may = (version: string) =>
            mayMove({ version, moved: at(5), by: keyIdOf(name) }, stages, { access, secret: ARN, key })
          const anything = admins.has(name) || held.has(`${name} manage ${key}`)
          for (const writer of PEOPLE) {
            const isOwn = writer === name && held.has(`${name} encrypt ${key}`)
            expect(may(`of ${writer}`)).toBe(anything || isOwn)
          }
          expect(may('of nobody')).toBe(anything)
        }
      })
    )
  })

  it('refuses a move without a signer, or by a stranger', () => {
    for (const by of [undefined, '', 'x'.repeat(22)])
      expect(
        mayMove({ version: 'v1', moved: at(5), ...(by === undefined ? {} : { by }) }, state(), context())
      ).toBe(false)
  })
})

describe('the proof of a move', () => {
  const move = { version: 'v1', moved: at(5) }

  it('signs the vault, the secret, the label, the version and the time', () => {
    const { access } = context()
    const { by, proof } = prove('blue', { ...move, by: 'x', proof: 'x' }, 'cai')
    const message = signedBytes('git-vault/label', access.vaultId, { secret: ARN, label: 'blue', ...move })
    expect(by).toBe(keyIdOf('cai'))
    expect(proof).toBe(encode(sodium.crypto_sign_detached(message, identityOf('cai').signSecret)))
  })

  it.each<[Name, version: string, isAccepted: boolean]>([
    ['alice', 'v1', true],
    ['cai', 'v1', true],
    ['ben', 'v1', true],
    ['ben', 'v2', false],
    ['dan', 'v1', false]
  ])('by %s onto %s is accepted: %s', (by, version, isAccepted) => {
    expect(isProvenMove('blue', prove('blue', { ...move, version }, by), state(), context())).toBe(isAccepted)
  })

  it.each<[what: string, (proved: Move) => Move, over?: Partial<MoveContext> & { label?: string }]>([
    ['to another version', one => ({ ...one, version: 'v2' })],
    ['at another time', one => ({ ...one, moved: at(6) })],
    ['of another label', one => one, { label: 'AWSCURRENT' }],
    ['of another secret’s label', one => one, { secret: ARN.replace('a-', 'b-') }],
    ['by another member who may make it', one => ({ ...one, by: keyIdOf('alice') })],
    ['without a signer', ({ by: _, ...one }) => one],
    ['without a proof', ({ proof: _, ...one }) => one],
    [
      'with the proof of another move',
      one => ({ ...one, ...prove('blue', { ...move, moved: at(6) }, 'cai'), moved: one.moved })
    ],
    [
      'with a signature of another kind',
      one => {
        const body = { secret: ARN, label: 'blue', ...move }
        const message = signedBytes('git-vault/stages', context().access.vaultId, body)
        return { ...one, proof: encode(sodium.crypto_sign_detached(message, identityOf('cai').signSecret)) }
      }
    ]
  ])('is refused for a move %s', (_what, change, { label = 'blue', ...over } = {}) => {
    const proved = prove('blue', move, 'cai')
    expect(isProvenMove('blue', proved, state(), context())).toBe(true)
    expect(isProvenMove(label, change(proved), state(), { ...context(), ...over })).toBe(false)
  })

  it('is refused in another vault, and with a bit flipped', () => {
    const proved = prove('blue', move, 'cai')
    const { access, ...rest } = context()
    const elsewhere = { ...rest, access: { ...access, vaultId: 'A'.repeat(43) } }
    expect(isProvenMove('blue', proved, state(), elsewhere)).toBe(false)
    expect(isProvenMove('blue', prove('blue', move, 'cai', elsewhere), state(), elsewhere)).toBe(true)
    fc.assert(
      fc.property(fc.nat(63), fc.nat(7), (place, bit) => {
        const bytes = Buffer.from(proved.proof!, 'base64url')
        bytes[place] = bytes[place]! ^ (1 << bit)
        expect(isProvenMove('blue', { ...proved, proof: encode(bytes) }, state(), context())).toBe(false)
      }),
      { numRuns: 50 }
    )
  })
})

describe('the moves of a state', () => {
  const current = { version: 'v2', moved: at(20), before: { version: 'v1', moved: at(10) } }

  it('include all but an AWSPREVIOUS that follows AWSCURRENT', () => {
    const stages = state({
      AWSCURRENT: current,
      AWSPREVIOUS: { version: 'v1', moved: at(20) },
      blue: { version: 'v1', moved: at(20) }
    })
    const found = [...movesOf(stages)].map(([label, { version, moved }]) => [label, version, moved])
    expect(found).toEqual([
      ['AWSCURRENT', 'v2', at(20)],
      ['AWSCURRENT', 'v1', at(10)],
      ['blue', 'v1', at(20)]
    ])
    const byHand = state({ AWSCURRENT: current, AWSPREVIOUS: { version: 'v2', moved: at(21) } })
    expect([...movesOf(byHand)].map(([label]) => label)).toEqual(['AWSCURRENT', 'AWSCURRENT', 'AWSPREVIOUS'])
    expect([...movesOf(state({ AWSPREVIOUS: { version: 'v1', moved: at(20) } }))]).toHaveLength(1)
  })

  /** States from random histories. No member of the log wrote their versions. */
  const states = plans(2).map(plan => run(plan).clones[0]!.stages)

  it('are accepted with the proofs of a manager; the first that is not is named', () => {
    const place = context()
    fc.assert(
      fc.property(states, fc.nat({ max: 99 }), (stages, which) => {
        const proved = withProofs(stages, (label, move) => prove(label, move, 'cai', place))
        expect(unprovedLabel(proved, place)).toBeUndefined()
        const moves = [...movesOf(proved)]
        const [label, wrong] = moves[which % moves.length]!
        const spoiled = withProofs(proved, (name, move) =>
          name === label && move.moved === wrong.moved ? prove('other', move, 'cai', place) : move
        )
        expect(unprovedLabel(spoiled, place)).toBe(label)
      }),
      { numRuns: 40 }
    )
  })

  it('are the same with and without proofs', () => {
    const place = context()
    fc.assert(
      fc.property(states, stages => {
        const proved = withProofs(stages, (label, move) => prove(label, move, 'cai', place))
        for (const [, { by }] of movesOf(proved)) expect(by).toBe(keyIdOf('cai'))
        expect(withProofs(proved, (_label, move) => move)).toEqual(proved)
        expect(withoutProofs(proved)).toEqual(stages)
      }),
      { numRuns: 40 }
    )
  })

  it('are passed to `prove` one by one, with their label', () => {
    const asked: [string, Move][] = []
    const proofs = { by: 'x', proof: 'y' }
    const stages = state({
      AWSCURRENT: { ...current, ...proofs },
      AWSPREVIOUS: { version: 'v1', moved: at(20) }
    })
    const made = withProofs(stages, (label, move) => {
      asked.push([label, move])
      return { ...move, by: 'z', proof: 'z' }
    })
    expect(asked).toEqual([
      ['AWSCURRENT', { version: 'v2', moved: at(20), ...proofs }],
      ['AWSCURRENT', { version: 'v1', moved: at(10) }]
    ])
    // an AWSPREVIOUS that follows AWSCURRENT has no move of its own
    expect(made.labels.get('AWSPREVIOUS')).toEqual({ version: 'v1', moved: at(20) })
  })
})
