import fc from 'fast-check'
import type { SealedUnder } from '../../../src/core/access/access.js'
import type { VersionDocument } from '../../../src/core/format/documents.js'
import { carriedOrigin } from '../../../src/core/access/origin.js'
import { histories, keyIdOf, keyOf, NAMES, PEOPLE, spans, type History } from '../access/logKit.js'

/** The fields of a version document that say where its value is and was. */
export type Ciphertext = Pick<VersionDocument, 'origin' | 'key' | 'recipient'>

/** The history of one value: its ciphertexts, each made from the one before it. */
export interface Life {
  readonly history: History
  /** Of the secret. */
  readonly name: string
  readonly writer: (typeof PEOPLE)[number]
  /** For each ciphertext, how many entries of the log its maker knew. */
  readonly knew: readonly number[]
  readonly ciphertexts: readonly Ciphertext[]
}

/** Each ciphertext follows the log as its writer knew it, and the writer could add versions then. */
export const lives: fc.Arbitrary<Life> = fc
  .record({
    history: histories,
    name: fc.constantFrom(...NAMES),
    who: fc.nat({ max: 11 }),
    moments: fc.array(fc.nat({ max: 24 }), { minLength: 1, maxLength: 5 })
  })
  .map(({ history, name, who, moments }) => {
    const { states } = history
    const admitted = PEOPLE.filter(one => states.at(-1)!.known.has(one))
    const all = moments.map(moment => (moment % states.length) + 1).sort((a, b) => a - b)
    const chosen = admitted[who % admitted.length]!
    const could = all.filter(entry => couldWrite(history, chosen, name, entry))
    // alice is an admin all the time
    const [writer, knew] = could.length > 0 ? [chosen, could] : (['alice', all] as const)
    const ciphertexts: Ciphertext[] = []
    for (const entry of knew) {
      const [place, last] = [placeAt(history, name, entry), ciphertexts.at(-1)]
      ciphertexts.push({ ...place, origin: last ? carriedOrigin(last) : originAt(place, writer) })
    }
    return { history, name, writer, knew, ciphertexts }
  })

/** Whether a member held `encrypt` on the name's key, or was an admin, after `knew` entries of the log. */
export function couldWrite({ states }: History, member: string, name: string, knew: number): boolean {
  const state = states[knew - 1]!
  return state.admins.has(member) || state.held.has(`${member} encrypt ${keyOf(state, name)}`)
}

export const originAt = ({ key, recipient }: SealedUnder, writer: (typeof PEOPLE)[number]) => ({
  key,
  recipient,
  writer: keyIdOf(writer)
})

/** Returns the key and recipient that a secret must be sealed to, by the log after `knew` entries. */
export function placeAt({ states }: History, name: string, knew: number): SealedUnder {
  const state = states[knew - 1]!
  const key = keyOf(state, name)!
  return { key, recipient: state.generations.get(key)!.at(-1)! }
}

/**
 * Returns the spans for which a member held decrypt on a place's key and could open what was sealed to the
 * place.
 */
export function openings(history: History, member: string, { key, recipient }: SealedUnder) {
  const isThere = history.states.map(({ generations }) => generations.get(key)?.includes(recipient))
  return spans(history, ({ held }) => held.has(`${member} decrypt ${key}`)).filter(
    ({ from, until = Infinity }) => isThere.slice(from - 1, until - 1).includes(true)
  )
}

/** Returns a version document by a member, without encrypted bytes and signature. */
export function signedAt(ciphertext: Ciphertext, knew: number, by: (typeof PEOPLE)[number]): VersionDocument {
  const created = '2025-11-23T18:50:01.003Z'
  return {
    kind: 'git-vault/version',
    format: '1',
    secret: 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123',
    version: 'x'.repeat(32),
    created,
    type: 'string',
    ...ciphertext,
    dataKey: '',
    nonce: '',
    ciphertext: '',
    signed: {
      serial: '1',
      by: keyIdOf(by),
      access: { entry: String(knew), hash: '' },
      change: { operation: 'PutSecretValue', time: created }
    },
    signature: ''
  }
}
