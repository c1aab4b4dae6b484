import { describe, expect, it } from 'vitest'
import { describeFile } from '../../../src/core/describe/describe.js'
import { lineOf } from '../../../src/core/describe/facts.js'
import { sayChange } from '../../../src/core/describe/sayChange.js'
import { secretFacts, replicaFacts } from '../../../src/core/describe/secretFacts.js'
import { stagesFacts, versionFacts } from '../../../src/core/describe/versionFacts.js'
import type { SecretDocument, StagesDocument, VersionDocument } from '../../../src/core/format/documents.js'

const TIME = '2027-03-01T10:00:00.000Z'
const LATER = '2027-03-02T10:00:00.000Z'
const ARN = 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbCdEf'
const HASH = 'h'.repeat(43)
const SIGNATURE = 's'.repeat(86)
const signed = {
  serial: '4',
  by: 'k'.repeat(22),
  access: { entry: '1', hash: HASH },
  change: { operation: 'TagResource', time: TIME }
}
const names = (keyId: string): string => (keyId === signed.by ? 'ana' : keyId)

const secret: SecretDocument = {
  kind: 'git-vault/secret',
  format: '1',
  name: 'prod/db',
  arn: ARN,
  created: TIME,
  token: 't',
  key: { value: 'default', changed: TIME },
  description: { value: 'two\nlines', changed: TIME },
  tags: { env: { value: 'prod', changed: TIME }, gone: { changed: TIME } },
  replicas: { 'eu-west-1': { value: '', changed: TIME }, 'eu-west-2': { value: 'alias/x', changed: TIME } },
  policy: { value: '{"Statement":[{"Sid":"one"},{"Sid":"two"}]}', changed: TIME },
  rotation: { function: 'arn:f', enabled: 'no', days: '30', duration: '2h', changed: TIME },
  rotated: TIME,
  deletion: { date: LATER, changed: TIME },
  signed,
  signature: SIGNATURE
}

describe('the facts of', () => {
  it('a secret', () => {
    expect(secretFacts(secret, names).map(lineOf)).toEqual([
      'secret: prod/db',
      `arn: ${ARN}`,
      `created: ${TIME}`,
      'key: default',
      'description: two\nlines',
      'tag env: prod',
      'replica eu-west-1',
      'replica eu-west-2: key alias/x',
      'policy statement 1: {"Sid":"one"}',
      'policy statement 2: {"Sid":"two"}',
      'rotation: arn:f, every 30 days, within 2h, turned off',
      `rotated: ${TIME}`,
      `deletion: scheduled for ${LATER}`,
      `signed: ${TIME} by ana for TagResource, state 4`
    ])
    const { name, arn, created, key } = secret
    const plain = secretFacts({ ...secret, policy: { value: 'not JSON', changed: TIME } }, names).map(lineOf)
    expect(plain).toContain('policy: not JSON')
    const least = { kind: secret.kind, format: secret.format, token: 't', name, arn, created, key }
    const cancelled = { deletion: { changed: TIME }, rotation: { changed: TIME } }
    expect(secretFacts({ ...least, ...cancelled, signed, signature: SIGNATURE }, names)).toHaveLength(5)
  })

  it('a replica', () => {
    const replica = { kind: 'git-vault/replica', format: '1', name: 'a', primary: 'eu-west-1' } as const
    expect(replicaFacts(replica).map(lineOf)).toEqual(['secret: a', 'replica of: the secret in eu-west-1'])
  })

  it('stages and versions, without a digest, a signature or a ciphertext', () => {
    const stages: StagesDocument = {
      kind: 'git-vault/stages',
      format: '1',
      secret: ARN,
      labels: { AWSCURRENT: { version: 'v2', moved: LATER, by: signed.by, proof: SIGNATURE } },
      versions: {
        v1: { created: TIME, writer: 'other', key: 'default', digest: HASH, resealed: LATER, first: HASH },
        v2: { created: LATER, writer: signed.by, key: 'default' }
      },
      signed,
      signature: SIGNATURE
    }
    const version: VersionDocument = {
      kind: 'git-vault/version',
      format: '1',
      secret: ARN,
      version: 'v1',
      created: TIME,
      type: 'binary',
      key: 'default',
      recipient: 'r'.repeat(22),
      origin: { key: 'old', recipient: 'r'.repeat(22), writer: 'other' },
      dataKey: HASH,
      nonce: HASH,
      ciphertext: HASH,
      signed,
      signature: SIGNATURE
    }
    const lines = [...stagesFacts(stages, names), ...versionFacts(version, names)].map(lineOf)
    expect(lines).toEqual([
      `stages of: ${ARN}`,
      `version v1: ${TIME} by other under key default, re-encrypted ${LATER}`,
      `version v2: ${LATER} by ana under key default, no value yet`,
      `label AWSCURRENT: v2 since ${LATER}, moved by ana`,
      `signed: ${TIME} by ana for TagResource, state 4`,
      'version: v1',
      `version of: ${ARN}`,
      `created: ${TIME}`,
      'encrypted: binary under key default',
      'first written: by other under key old',
      `signed: ${TIME} by ana for TagResource, state 4`
    ])
  })

  it('every change of an access log', () => {
    const shares = [{ holder: 'x', public: HASH }] as const
    expect(
      [
        { change: 'vault', region: 'local', account: '000000000000' },
        { change: 'member', name: 'bob', public: 'p', role: 'member' },
        { change: 'member', name: 'eve', public: 'p', role: 'admin' },
        { change: 'role', member: 'bob', role: 'admin' },
        { change: 'role', member: 'bob', role: 'member' },
        { change: 'remove', member: 'bob' },
        { change: 'key', key: 'prod', names: ['prod/**', 'x'] },
        { change: 'names', key: 'prod', names: ['y'] },
        { change: 'generation', key: 'prod', generation: '2', public: HASH },
        { change: 'grant', member: 'bob', key: 'prod', rights: ['decrypt', 'encrypt'] },
        { change: 'revoke', member: 'bob', key: 'prod', rights: ['decrypt'] },
        { change: 'waiver', secret: 'a', version: 'v', until: TIME, reason: 'r' },
        { change: 'recovery', member: 'bob', threshold: '1', shares: [...shares] as [(typeof shares)[0]] },
        { change: 'drill', member: 'bob', head: HASH, signatures: [{ share: '1', signature: SIGNATURE }] },
        { change: 'pruning', keep: '5', minimumAgeHours: '24', quota: '9' }
      ].map(change => sayChange(change as Parameters<typeof sayChange>[0]))
    ).toEqual([
      'creates the vault in local',
      'adds bob as a member',
      'adds eve as an admin',
      'makes bob an admin',
      'makes bob a member',
      'removes bob',
      'creates key prod for prod/** x',
      'gives key prod the names y',
      'makes generation 2 of key prod',
      'grants bob decrypt, encrypt on prod',
      'revokes decrypt on prod from bob',
      'waives the exposure of a v',
      'splits the identity of bob into 1 shares',
      'records a drill for bob',
      'keeps 5 versions, at most 9'
    ])
  })
})

describe('a file that is not a document', () => {
  const read = (text: string | Uint8Array) =>
    describeFile(typeof text === 'string' ? new TextEncoder().encode(text) : text, {
      names: async () => keyId => keyId,
      fold: async () => Promise.reject(new Error('not called'))
    })

  it('is returned as it is, after a line that says so', async () => {
    expect(await read('some text\nof mine\n')).toEqual(['not a document of a vault', 'some text', 'of mine'])
    expect(await read('')).toEqual(['not a document of a vault'])
    const [first, ...rest] = await read('kind: git-vault/stages\n<<<<<<< ours\nformat: 1\n')
    expect(first).toMatch(/^damaged: /)
    expect(first).not.toContain('this file')
    expect(rest).toEqual(['kind: git-vault/stages', '<<<<<<< ours', 'format: 1'])
    expect((await read('kind: "git-vault/key"\r\nformat: "1"\r\n'))[0]).toMatch(/^damaged: /)
  })

  it('never shows a private key, and is cut if it is long', async () => {
    const identity = `kind: git-vault/identity\nsecret: gvsec1_${'x'.repeat(48)}\n`
    expect((await read(identity)).join('\n')).not.toContain('xxx')
    const long = await read('x'.repeat(1 << 20))
    expect(long.at(-1)).toBe('…')
    expect(long.join('').length).toBeLessThan(70_000)
    expect((await read(new Uint8Array([0xff, 0, 0x1b])))[1]).toBe('\ufffd\0\u001b')
  })
})
