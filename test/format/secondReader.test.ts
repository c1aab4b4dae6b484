import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as second from './secondReader.js'
import type { arnVectors } from './arnVectors.js'
import type { canonicalVectors, identityVectors, pathVectors } from './plainVectors.js'
import type { policyVectors } from './policyVectors.js'
import type { valueVectors, vaultVectors } from './vaultVectors.js'

const load = (name: string): unknown => JSON.parse(readFileSync(`vault-schema/vectors/${name}.json`, 'utf8'))
const vault = load('vault') as ReturnType<typeof vaultVectors>
const values = load('values') as ReturnType<typeof valueVectors>
const arns = load('arns') as ReturnType<typeof arnVectors>
const { policies, decrypt, ...place } = load('policies') as ReturnType<typeof policyVectors>
const paths = load('paths') as ReturnType<typeof pathVectors>
const identities = load('identity') as Awaited<ReturnType<typeof identityVectors>>
const canonicals = load('canonical') as ReturnType<typeof canonicalVectors>
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('a reader written from FORMAT.md, without libsodium', () => {
  it('computes the same BLAKE2b as node', () => {
    const [one, other] = second.blake2b512(new TextEncoder().encode('git-vault'))
    expect(one).toEqual(other)
  })

  it('computes the canonical forms', () => {
    for (const { value, canonical } of canonicals.values)
      expect(second.canonical(value as never)).toBe(canonical)
  })

  it('computes the same paths', () => {
    for (const { text, segment } of paths.segments) expect(second.segment(text)).toBe(segment)
    for (const { name, folder } of paths.folders) expect(second.folder(name)).toBe(folder)
    for (const { versionId, file } of paths.versionFiles)
      expect(`${second.segment(versionId)}.yaml`).toBe(file)
  })

  it('accepts the same ARNs', () => {
    for (const { arn, ...of } of [...arns.written, ...arns.accepted]) expect(second.isArn(arn, of)).toBe(true)
    for (const { arn, ...of } of arns.refused) expect(second.isArn(arn, of)).toBe(false)
  })

  it('derives the same identities', () => {
    for (const { secret, keyId, public: text, boxKey } of identities.identities)
      expect(second.identity(secret)).toMatchObject({ keyId, text, box: unhex(boxKey) })
  })

  it.each(vault.reads)('reads $secret of "$state" as $identity', one => {
    const files = (vault.states as Record<string, Record<string, string>>)[one.state] ?? {}
    const { secret } = vault.identities[one.identity] ?? expect.fail('unknown identity')
    for (const [versionId, value] of Object.entries(one.versions)) {
      const expected = 'hex' in value ? unhex(value.hex) : new TextEncoder().encode(value.text)
      expect(second.open(files, vault.vaultId, secret, one.secret, versionId)).toEqual(expected)
    }
  })

  it.each(values.versions.filter(({ document }) => 'ciphertext' in document))('opens a $name', one => {
    const { unit, times, rest, type } = one.value
    const form = unit.repeat(times) + rest
    const expected = type === 'string' ? new TextEncoder().encode(form) : unhex(form)
    const { public: text, secret } = values.generation
    const recipient = new Uint8Array(Buffer.from(text, 'base64url'))
    expect(second.openVersion(one.document, values.vaultId, unhex(secret), recipient)).toEqual(expected)
    const bob = identities.identities[3]?.signKey ?? ''
    expect(second.checkVersion(one.document, values.vaultId, unhex(bob))).toBe(one.digest)
  })

  it.each(policies)('decides whether an Allow takes effect in a policy $name', ({ policy, accepted }) => {
    expect(second.allows(policy, decrypt, place.secret, place.vaultId)).toBe(accepted)
  })

  // It has no YAML subset, no schemas, no limits and no memory, so cases that those refuse are skipped.
  const refused = vault.refused.filter(
    ({ name, seen, fill, error }) =>
      !seen &&
      !fill &&
      error.file !== null &&
      !/schema|not allowed|nested|twice|document: |signed\/|time|date|missing|field|Unicode|sealed$/.test(
        `${name} ${error.reason}`
      )
  )
  it.each(refused)('refuses: $name', one => {
    const files: Record<string, string | null> = { ...vault.states[one.state], ...one.put }
    if (one.edit) files[one.edit.file] = (files[one.edit.file] ?? '').replace(one.edit.from, one.edit.to)
    const { secret } = vault.identities[one.identity] ?? expect.fail('unknown identity')
    expect(() => second.open(files as Record<string, string>, vault.vaultId, secret, one.secret)).toThrow()
  })
})
