import fc from 'fast-check'
import type { Access, Right } from '../../../src/core/access/access.js'
import { foldLog, hashEntry, signEntry, type LogChange } from '../../../src/core/access/accessLog.js'
import type { AccessDocument } from '../../../src/core/format/documents.js'
import { decode, encode } from '../../../src/core/encoding.js'
import type { Entry, Names } from '../../../src/core/generated/documents.js'
import { identityFromSeed, type Identity } from '../../../src/core/crypto/identity.js'
import { shortHash, sodium } from '../../../src/core/sodium.js'

export type Changes = Entry['changes']

export const seed = (byte: number) => new Uint8Array(32).fill(byte)
const people = new Map<number, Identity>()
export function person(byte: number): Identity {
  const known = people.get(byte) ?? identityFromSeed(seed(byte))
  people.set(byte, known)
  return known
}
export const publicKey = (byte: number) => encode(sodium.crypto_scalarmult_base(seed(byte)))
export const recipient = (byte: number) => encode(shortHash(sodium.crypto_scalarmult_base(seed(byte))))

/** A log with an entry for each batch, signed by person 1. */
export function log(...batches: Changes[]): AccessDocument {
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

/** A first entry: alice is person 1, and the only key has the public key 1. */
export const start = (): Changes => [
  { change: 'vault', region: 'local', account: '000000000000' },
  { change: 'member', name: 'alice', public: person(1).public.text, role: 'admin' },
  { change: 'key', key: 'default', names: ['**'] },
  { change: 'generation', key: 'default', generation: '1', public: publicKey(1) }
]

/** The state after an entry, computed from the changes without `foldLog`. */
export interface State {
  /** Every name ever admitted. */
  readonly known: Set<string>
  readonly present: Set<string>
  readonly admins: Set<string>
  /** In the form `ben decrypt prod`. */
  readonly held: Set<string>
  /** Key by pattern. */
  readonly patterns: Map<string, string>
  /** Recipients of the generations by key, oldest first. */
  readonly generations: Map<string, string[]>
}

export interface History {
  readonly document: AccessDocument
  readonly access: Access
  /** One for each entry. */
  readonly states: readonly State[]
}

export const PEOPLE = ['alice', 'ben', 'cai', 'dan'] as const
export const KEYS = ['default', 'prod', 'test'] as const
export const NAMES = ['prod/db', 'prod/x', 'test/db', 'prod', 'other'] as const
export const RIGHTS: readonly Right[] = ['decrypt', 'encrypt', 'manage']
const PATTERNS = ['**', 'prod/**', 'prod/db', 'test/**', 'p**'] as const

export const identityOf = (name: (typeof PEOPLE)[number]) => person(PEOPLE.indexOf(name) + 1)
export const keyIdOf = (name: (typeof PEOPLE)[number]) => identityOf(name).public.keyId

/** `undefined` for a person who was never admitted. */
export const memberIn = ({ access }: Pick<History, 'access'>, name: (typeof PEOPLE)[number]) =>
  access.members.get(keyIdOf(name))

const step = fc.record({
  what: fc.constantFrom(
    'admit',
    'key',
    'names',
    'generation',
    'turn',
    'turn',
    'turn',
    'turn',
    'role',
    'remove'
  ),
  // chosen among the members and keys at that point
  who: fc.nat({ max: 11 }),
  key: fc.nat({ max: 11 }),
  right: fc.constantFrom('decrypt', 'decrypt', ...RIGHTS),
  patterns: fc.subarray([...PATTERNS], { minLength: 1, maxLength: 2 }),
  isAdmin: fc.boolean()
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Logs that a team could have made, one action an entry. Alice signs all entries. */
export const histories: fc.Arbitrary<History> = fc
  .array(step, { minLength: 6, maxLength: 24, size: 'max' })
  .map(steps => {
    const [batches, states] = [[start()], [after(nothing, start())]]
    for (const one of steps) {
      const state = states.at(-1)!
      const [first, ...others] = changesOf(one, state)
      if (!first) continue
      batches.push([first, ...others])
      states.push(after(state, [first, ...others]))
    }
    const document = log(...batches)
    return { document, access: foldLog(document, 'access.yaml'), states }
  })

/** The changes of a step; none if the member or key that it needs does not exist. */
function changesOf(step: Step, state: State): LogChange[] {
  const present = [...state.present] as (typeof PEOPLE)[number][]
  const keys = [...state.generations.keys()]
  const [member, key] = [present[step.who % present.length]!, keys[step.key % keys.length]!]
  const rotated = (...aliases: string[]): LogChange[] =>
    aliases.map((alias, index) => ({
      change: 'generation',
      key: alias,
      generation: String((state.generations.get(alias)?.length ?? 0) + 1),
      public: publicKey(10 + [...state.generations.values()].flat().length + index)
    }))
  const names = step.patterns as unknown as Names
  switch (step.what) {
    case 'admit': {
      const newcomer = PEOPLE[state.known.size]
      const role = step.isAdmin ? 'admin' : 'member'
      return newcomer
        ? [{ change: 'member', name: newcomer, public: identityOf(newcomer).public.text, role }]
        : []
    }
    case 'key': {
      const alias = KEYS[keys.length]
      return alias === undefined ? [] : [{ change: 'key', key: alias, names }, ...rotated(alias)]
    }
    case 'names':
      return [{ change: 'names', key, names }]
    case 'generation':
      return rotated(key)
    case 'role':
      return member === 'alice'
        ? []
        : [{ change: 'role', member, role: state.admins.has(member) ? 'member' : 'admin' }]
    case 'remove':
      return member === 'alice'
        ? []
        : [
            { change: 'remove', member },
            ...rotated(...keys.filter(alias => state.held.has(`${member} decrypt ${alias}`)))
          ]
    case 'turn': {
      const isHeld = state.held.has(`${member} ${step.right} ${key}`)
      const turn = { change: isHeld ? 'revoke' : 'grant', member, key, rights: [step.right] } as const
      return [turn as unknown as LogChange, ...(isHeld && step.right === 'decrypt' ? rotated(key) : [])]
    }
  }
}

const nothing: State = {
  known: new Set(),
  present: new Set(),
  admins: new Set(),
  held: new Set(),
  patterns: new Map(),
  generations: new Map()
}

function after(before: State, changes: readonly LogChange[]): State {
  const state = structuredClone(before)
  for (const change of changes) {
    if (change.change === 'member') {
      state.known.add(change.name)
      state.present.add(change.name)
      if (change.role === 'admin') state.admins.add(change.name)
    } else if (change.change === 'role') {
      if (change.role === 'admin') state.admins.add(change.member)
      else state.admins.delete(change.member)
    } else if (change.change === 'remove') {
      state.present.delete(change.member)
      state.admins.delete(change.member)
      for (const one of state.held) if (one.startsWith(`${change.member} `)) state.held.delete(one)
    } else if (change.change === 'grant') {
      for (const right of change.rights) state.held.add(`${change.member} ${right} ${change.key}`)
    } else if (change.change === 'revoke') {
      for (const right of change.rights) state.held.delete(`${change.member} ${right} ${change.key}`)
    } else if (change.change === 'key' || change.change === 'names') {
      for (const name of change.names) state.patterns.set(name, change.key)
    } else if (change.change === 'generation') {
      const known = encode(shortHash(decode(change.public, 32)!))
      state.generations.set(change.key, [...(state.generations.get(change.key) ?? []), known])
    }
  }
  return state
}

/** The periods for which `so` held: from the entry that began one to the entry that ended it, if any. */
export function spans(
  { states }: History,
  so: (state: State) => boolean
): { from: number; until?: number }[] {
  const found: { from: number; until?: number }[] = []
  for (const [index, state] of states.entries()) {
    const [was, is] = [index > 0 && so(states[index - 1]!), so(state)]
    if (is && !was) found.push({ from: index + 1 })
    if (was && !is) found.push({ from: found.pop()!.from, until: index + 1 })
  }
  return found
}

/** The key of a name: the one with the longest matching pattern; the name itself comes first. */
export function keyOf({ patterns }: State, name: string): string | undefined {
  if (patterns.has(name)) return patterns.get(name)
  const prefixes = [...patterns.keys()].filter(one => one.endsWith('**') && name.startsWith(one.slice(0, -2)))
  return patterns.get(prefixes.sort((a, b) => b.length - a.length)[0] ?? '')
}
