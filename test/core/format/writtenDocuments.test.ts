import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  digestOf,
  formatDocument,
  parseDocument,
  signDocument,
  verifyDocument,
  type Documents,
  type Kind,
  type StagesDocument,
  type Unsigned
} from '../../../src/core/format/documents.js'
import { formatSecret } from '../../../src/core/crypto/identity.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { histories, person, seed } from '../access/logKit.js'
import { at } from '../versions/stagesKit.js'

beforeAll(() => sodiumReady)

const VAULT = 'v'.repeat(43)
const [alice, mallory] = [() => person(1), () => person(2)]

const strings = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.constantFrom('__proto__', 'constructor', 'yes', 'null', '1', '- a', 'a: b', '"', '\ufeff', 'a\r\nb')
)
const moves = fc.record({ version: fc.constant('x'.repeat(32)), moved: fc.nat({ max: 99 }).map(at) })
const maps = <T>(values: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(strings, values), { maxLength: 4 }).map(members => Object.fromEntries(members))

const stages: fc.Arbitrary<Unsigned<StagesDocument>> = fc
  .record({ labels: maps(moves), removed: maps(moves.map(({ moved }) => moved)) })
  .map(({ labels, removed }) => ({
    kind: 'git-vault/stages',
    format: '1',
    secret: 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123',
    labels,
    removed,
    versions: {},
    signed: {
      serial: '1',
      by: 'b'.repeat(21) + 'Q',
      access: { entry: '1', hash: VAULT },
      change: { operation: 'PutSecretValue', time: at(1) }
    }
  }))

let files = 0
/** Returns a written document as it is cached, and as it is parsed from the same bytes under another path. */
async function bothOf<K extends Kind>(kind: K, document: Documents[K]) {
  const path = `file ${files++}`
  const bytes = formatDocument(kind, document, path)
  return [await parseDocument(kind, bytes, path), await parseDocument(kind, bytes, `${path}, again`)] as const
}

describe('a document that was written', () => {
  it('is cached as it would be read, including prototypes', async () => {
    await fc.assert(
      fc.asyncProperty(stages, async unsigned => {
        const signed = signDocument<StagesDocument>(unsigned, VAULT, alice().signSecret)
        const [cached, read] = await bothOf('stages', signed)
        expect(isDeepStrictEqual(cached, read)).toBe(true)
        expect(digestOf(cached)).toBe(digestOf(read))
        for (const one of [cached, read])
          expect(verifyDocument(one, VAULT, alice().public.signKey)).toBe(true)
        // writing it again makes the same bytes
        expect(formatDocument('stages', cached, 'x')).toEqual(formatDocument('stages', read, 'x'))
      })
    )
  })

  it('is cached with its lists, and the maps in them', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ document }) => {
        const [cached, read] = await bothOf('access', document)
        expect(isDeepStrictEqual(cached, read)).toBe(true)
        expect(cached).toEqual(document)
      }),
      { numRuns: 30 }
    )
  })

  it('is parsed again if its bytes have changed or another kind is requested', async () => {
    const unsigned = fc.sample(stages, 1)[0]!
    const signed = signDocument<StagesDocument>(unsigned, VAULT, alice().signSecret)
    const bytes = formatDocument('stages', signed, 'file')
    const other = new TextEncoder().encode(
      new TextDecoder().decode(bytes).replace('PutSecretValue', 'CreateSecret')
    )
    const read = await parseDocument('stages', other, 'file')
    expect(read.signed.change.operation).toBe('CreateSecret')
    expect(verifyDocument(read, VAULT, alice().public.signKey)).toBe(false)
    await expect(parseDocument('secret', bytes, 'file')).rejects.toThrow('file: not a secret document')
  })

  it('is cached as verified only for its signer and its vault', async () => {
    await fc.assert(
      fc.asyncProperty(stages, async unsigned => {
        const signed = signDocument<StagesDocument>(unsigned, VAULT, alice().signSecret)
        for (const one of await bothOf('stages', signed)) {
          expect(verifyDocument(one, VAULT, mallory().public.signKey)).toBe(false)
          expect(verifyDocument(one, 'w'.repeat(43), alice().public.signKey)).toBe(false)
        }
      }),
      { numRuns: 30 }
    )
  })

  it('does not verify if it was changed after it was signed, however often it is checked', async () => {
    const signed = signDocument<StagesDocument>(fc.sample(stages, 1)[0]!, VAULT, alice().signSecret)
    expect(verifyDocument(signed, VAULT, alice().public.signKey)).toBe(true)
    const forged = { ...signed, pruned: at(5) }
    for (const one of [...(await bothOf('stages', forged)), forged, forged])
      expect(verifyDocument(one, VAULT, alice().public.signKey)).toBe(false)
  })

  it('is not cached if it holds a secret', async () => {
    const { text } = alice().public
    const identity = {
      kind: 'git-vault/identity',
      format: '1',
      public: text,
      secret: formatSecret(seed(1))
    } as const
    const bytes = formatDocument('identity', identity, 'identity.yaml')
    const [one, two] = [0, 1].map(() => parseDocument('identity', bytes, 'identity.yaml'))
    expect(await one).toEqual(identity)
    expect(await one).not.toBe(await two)
  })
})
