import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  CAPS,
  digestOf,
  formatDocument,
  parseDocument,
  signDocument,
  signedBytes,
  verifyBytes,
  verifyDocument,
  type Documents,
  type Kind,
  type StagesDocument,
  type Unsigned
} from '../../../src/core/format/documents.js'
import { encode } from '../../../src/core/encoding.js'
import { identityFromSeed } from '../../../src/core/crypto/identity.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)
afterEach(() => {
  vi.doUnmock('../../../src/core/generated/validators.js')
  vi.resetModules()
})

const VAULT = 'v'.repeat(43)
const ARN = 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123'
const alice = () => identityFromSeed(new Uint8Array(32).fill(1))
const mallory = () => identityFromSeed(new Uint8Array(32).fill(2))

function unsigned(over: Partial<StagesDocument> = {}): Unsigned<StagesDocument> {
  return {
    kind: 'git-vault/stages',
    format: '1',
    secret: ARN,
    labels: {},
    versions: {},
    signed: {
      serial: '1',
      by: alice().public.keyId,
      access: { entry: '1', hash: VAULT },
      change: { operation: 'CreateSecret', time: '2025-11-23T18:50:01.003Z' }
    },
    ...over
  }
}

const sign = (over?: Partial<StagesDocument>) =>
  signDocument<StagesDocument>(unsigned(over), VAULT, alice().signSecret)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (string: string) => new TextEncoder().encode(string)

describe('a signature', () => {
  it('covers the context and the canonical form', () => {
    const message = signedBytes('git-vault/stages', VAULT, { b: '2', a: 'é\n' })
    expect(text(message)).toBe(`git-vault/1\ngit-vault/stages\n${VAULT}\n{"a":"é\\n","b":"2"}`)
    expect(text(signedBytes('git-vault/access-entry', '', {}))).toBe(
      'git-vault/1\ngit-vault/access-entry\n\n{}'
    )
  })

  it('verifies only with the signer’s key, in this vault, for this kind', () => {
    const document = sign()
    expect(verifyDocument(document, VAULT, alice().public.signKey)).toBe(true)
    expect(verifyDocument(document, VAULT, mallory().public.signKey)).toBe(false)
    expect(verifyDocument(document, 'w'.repeat(43), alice().public.signKey)).toBe(false)
    expect(
      verifyDocument({ ...document, kind: 'git-vault/secret' } as never, VAULT, alice().public.signKey)
    ).toBe(false)
  })

  it('covers every field', () => {
    const document = sign({ pruned: '2025-11-23T18:50:01.003Z' })
    const { signKey } = alice().public
    for (const field of Object.keys(document) as (keyof StagesDocument)[]) {
      const { [field]: _, ...without } = document
      if (field === 'signature') continue
      expect(verifyDocument(without as StagesDocument, VAULT, signKey), field).toBe(false)
    }
    expect(verifyDocument({ ...document, forgotten: document.pruned ?? '' }, VAULT, signKey)).toBe(false)
  })

  it('still verifies after writing to a file and reading it with other line endings', async () => {
    const written = text(formatDocument('stages', sign(), 'vault/x/stages.yaml'))
    const read = await parseDocument('stages', bytes(written.replaceAll('\n', '\r\n')), 'x')
    expect(verifyDocument(read, VAULT, alice().public.signKey)).toBe(true)
    expect(digestOf(read)).toBe(digestOf(sign()))
  })

  it.each(['', '!', 'A'.repeat(85), 'A'.repeat(87)])('is refused if it is malformed: %j', signature => {
    expect(verifyBytes(signature, bytes('x'), alice().public.signKey)).toBe(false)
  })

  it('is refused if S is not below the order of the group', () => {
    // adding the order, little-endian, to S makes another signature that lax verifiers accept
    const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')
    const { signature, ...rest } = sign()
    const raw = Buffer.from(signature, 'base64url')
    for (let index = 0, carry = 0; index < 32; index++) {
      carry += (raw[32 + index] ?? 0) + (order[index] ?? 0)
      raw[32 + index] = carry & 0xff
      carry >>= 8
    }
    expect(verifyDocument({ ...rest, signature: encode(raw) }, VAULT, alice().public.signKey)).toBe(false)
  })

  it('is refused under a public key of small order', () => {
    const signature = encode(new Uint8Array(64).fill(0).fill(1, 0, 1))
    expect(verifyBytes(signature, bytes('x'), new Uint8Array(32).fill(1, 0, 1))).toBe(false)
  })
})

describe('a digest', () => {
  it('also covers the signature', () => {
    const document = sign()
    expect(digestOf(document)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(digestOf({ ...document, signature: 'A'.repeat(86) })).not.toBe(digestOf(document))
    expect(digestOf(sign({ secret: ARN.replace('a-', 'b-') }))).not.toBe(digestOf(document))
  })

  it('does not depend on the order of fields', () => {
    const { labels, ...rest } = sign()
    expect(digestOf({ ...rest, labels })).toBe(digestOf(sign()))
  })
})

describe('a file', () => {
  it('is not written if a reader would refuse it', () => {
    const serial = '1000000000000000'
    const signed = { ...sign().signed, serial }
    expect(() => formatDocument('stages', { ...sign(), signed }, 'a/stages.yaml')).toThrow(
      expect.objectContaining({
        code: 'DocumentRefused',
        message: expect.stringContaining('a/stages.yaml: not a stages document: signed/serial') as string
      })
    )
    const removed = Object.fromEntries(
      Array.from({ length: 4000 }, (_, at) => [`${at}`.padEnd(256, 'x'), '2025-11-23T18:50:01.003Z'])
    )
    expect(() => formatDocument('stages', sign({ removed }), 'a/stages.yaml')).toThrow(
      /bytes, over the limit of 1048576/
    )
  })

  it('starts with the path of the schema, relative to the file', () => {
    const line = (path: string) => text(formatDocument('stages', sign(), path)).split('\n')[0]
    const schema = 'node_modules/git-vault/vault-schema/stages.schema.json'
    expect(line('stages.yaml')).toBe(`# yaml-language-server: $schema=${schema}`)
    expect(line('vault/secrets/a/stages.yaml')).toBe(`# yaml-language-server: $schema=../../../${schema}`)
  })

  it('has the signature on one line, the last', () => {
    const lines = text(formatDocument('stages', sign(), 'x'))
      .trimEnd()
      .split('\n')
    expect(lines.at(-1)).toMatch(/^signature: "?[A-Za-z0-9_-]{86}"?$/)
  })

  it('keeps a label that objects treat specially', async () => {
    const labels = { ['__proto__']: { version: 'x'.repeat(32), moved: '2025-11-23T18:50:01.003Z' } }
    const read = await parseDocument('stages', formatDocument('stages', sign({ labels }), 'x'), 'x')
    expect(Object.keys(read.labels)).toEqual(['__proto__'])
    expect(verifyDocument(read, VAULT, alice().public.signKey)).toBe(true)
  })
})

describe('a document is refused with the name of the file', () => {
  const refused = (kind: Kind, written: string) => parseDocument(kind, bytes(written), 'vault/x.yaml')
  const stages = (edit: (written: string) => string) => edit(text(formatDocument('stages', sign(), 'x')))

  it.each<[string, Kind, string, string]>([
    ['if it is a string', 'vaultrc', 'vault', 'not a vaultrc document: must be object'],
    ['if it is a list', 'vaultrc', '- vault', 'not a vaultrc document: must be object'],
    ['if a field is missing', 'vaultrc', 'output: json', "must have required property 'vault'"],
    ['if it has an unknown field', 'vaultrc', 'vault: a\nhook: rm', 'unknown field "hook"'],
    ['if a secret is a map', 'vaultrc', 'vault: a\nrun: {A: b}', 'run: must be array'],
    ['if a secret has a field', 'vaultrc', 'vault: a\nrun: ["b:c"]', 'run/0: must match pattern'],
    [
      'if a list of secrets is empty',
      'vaultrc',
      'vault: a\nrun: []',
      'run: must NOT have fewer than 1 items'
    ],
    ['if it has the field __proto__', 'vaultrc', 'vault: a\n__proto__: b', 'unknown field "__proto__"'],
    [
      'if the name of a field could move the cursor, which is escaped',
      'vaultrc',
      'vault: a\n"\\e[2J\\n": b',
      '"\\u001b[2J\\n"'
    ],
    ['if a value has another form', 'vaultrc', 'vault: ../a', 'vault: must match pattern'],
    ['if its path is absolute', 'vaultrc', 'vault: /etc', 'vault: must match pattern'],
    [
      'if it is of another kind',
      'identity',
      'kind: git-vault/key\nformat: "1"\npublic: a\nsecret: b',
      'kind: must be equal'
    ],
    [
      'if it has more bytes than allowed',
      'vaultrc',
      `vault: a\n#${'x'.repeat(4096)}`,
      'over the limit of 4096'
    ],
    ['if it is nested deeper than allowed', 'vaultrc', 'run: [[a]]', 'nested more than 2 deep']
  ])('%s', async (_what, kind, written, why) => {
    const error = refused(kind, written)
    await expect(error).rejects.toMatchObject({ code: 'DocumentRefused' })
    await expect(error).rejects.toThrow(/^vault\/x\.yaml: /)
    await expect(error).rejects.toThrow(why)
  })

  it('and with the path of the field, including keys with a slash', async () => {
    const label = stages(all => all.replace('labels: {}', 'labels: { a/b: { version: x } }'))
    await expect(refused('stages', label)).rejects.toThrow('labels/a/b: must have required property')
    const serial = stages(all => all.replace('serial: "1"', 'serial: "0"'))
    await expect(refused('stages', serial)).rejects.toThrow('signed/serial: ')
  })

  it('even if a validator gives no reason', async () => {
    const silent = Object.assign(() => false, { errors: null })
    vi.doMock('../../../src/core/generated/validators.js', () => ({ vaultrc: silent }))
    vi.resetModules()
    const fresh = await import('../../../src/core/format/documents.js')
    await expect(fresh.parseDocument('vaultrc', bytes('vault: a'), 'x')).rejects.toThrow(
      'x: not a vaultrc document: is not valid'
    )
  })
})

describe('the limits of each kind', () => {
  it('are those of FORMAT.md', () => {
    expect(CAPS).toEqual({
      access: { bytes: 4_194_304, lines: 131_072, depth: 7 },
      key: { bytes: 1_048_576, lines: 16_384, depth: 4 },
      secret: { bytes: 262_144, lines: 8192, depth: 4 },
      stages: { bytes: 1_048_576, lines: 32_768, depth: 4 },
      version: { bytes: 262_144, lines: 4096, depth: 4 },
      replica: { bytes: 4096, lines: 256, depth: 1 },
      identity: { bytes: 4096, lines: 256, depth: 2 },
      vaultrc: { bytes: 4096, lines: 256, depth: 2 }
    })
  })

  it('allow the largest secret.yaml that a writer makes', async () => {
    const wide = '😀'.repeat(20_480)
    const tags = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [
        `${index}`.padStart(2, '0').padStart(128, '😀'),
        { value: '😀'.repeat(256), changed: '2025-11-23T18:50:01.003Z' }
      ])
    )
    const { secret: _1, labels: _2, versions: _3, ...rest } = sign()
    const register = { value: wide, changed: '2025-11-23T18:50:01.003Z' }
    const document: Documents['secret'] = {
      ...rest,
      kind: 'git-vault/secret',
      name: 'a'.repeat(512),
      arn: ARN,
      created: register.changed,
      token: '😀'.repeat(64),
      key: { ...register, value: 'default' },
      description: { ...register, value: '😀'.repeat(2048) },
      policy: register,
      tags
    }
    expect(await parseDocument('secret', formatDocument('secret', document, 'x'), 'x')).toEqual(document)
  })
})
