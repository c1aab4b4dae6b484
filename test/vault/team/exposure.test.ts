import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/format/canonical.js'
import { parseDocument } from '../../../src/core/format/documents.js'
import { decode, encode } from '../../../src/core/encoding.js'
import { openSealed, openValue } from '../../../src/core/crypto/seal.js'
import { shortHash } from '../../../src/core/sodium.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { roster } from '../../../src/vault/team/roster.js'
import { addKey, bindNames, grant, removeMember, revoke } from '../../../src/vault/team/team.js'
import { waive } from '../../../src/vault/team/waiver.js'
import { DAY, makeVault, rounds, token, type TestVault } from '../fixture.js'
import { admit, rights, type Person } from '../people.js'

const quiet = (): void => undefined

async function listed(box: TestVault): Promise<Record<string, string[]>> {
  const { exposed, skipped } = await exposure(await box.internal(), quiet)
  expect(skipped).toEqual([])
  return Object.fromEntries(
    exposed.map(({ secret, labels, to }) => [
      `${secret} ${labels.join(' ')}`,
      to.map(({ member, how }) => `${member} ${how}`).sort()
    ])
  )
}

describe('the exposure ledger', () => {
  it('lists the values that a removed member could read, until each has a new value', async () => {
    const box = await makeVault('ledger')
    await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt' })
    await bob.call(box, 'PutSecretValue', {
      SecretId: 'a',
      SecretString: 'a2',
      ClientRequestToken: token('a2')
    })
    expect(await listed(box)).toEqual({})
    box.clock.advance(1000)
    await removeMember(await box.internal(), 'bob', quiet)
    expect(await listed(box)).toEqual({ 'a AWSCURRENT': ['bob read'], 'a AWSPREVIOUS': ['bob read'] })
    // the same value is not a new one, in the old or in another ciphertext
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'a2', ClientRequestToken: token('same') })
    await box.api.updateSecret({ SecretId: 'a', KmsKeyId: 'alias/default' })
    expect(await listed(box)).toEqual({ 'a AWSCURRENT': ['bob read'], 'a AWSPREVIOUS': ['bob read'] })
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'a3' })
    expect(await listed(box)).toEqual({ 'a AWSPREVIOUS': ['bob read'] })
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'a4' })
    expect(await listed(box)).toEqual({})
    // an exposed value that is put again later is not recognised
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'a2' })
    expect(await listed(box)).toEqual({})
  })

  it('lists the values whose writer has no right to read them, and since when', async () => {
    const box = await makeVault('wrote')
    await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
    const ci = await admit(box, 'ci', { default: 'encrypt' })
    await ci.call(box, 'PutSecretValue', {
      SecretId: 'a',
      SecretString: 'a2',
      ClientRequestToken: token('a2')
    })
    expect(await listed(box)).toEqual({})
    const since = box.clock.advance(5000)
    await revoke(await box.internal(), 'ci', rights({ default: 'encrypt' }), quiet)
    const { exposed } = await exposure(await box.internal(), quiet)
    expect(exposed).toMatchObject([
      { secret: 'a', labels: ['AWSCURRENT'], to: [{ member: 'ci', how: 'wrote', since: new Date(since) }] }
    ])
    await grant(await box.internal(), 'ci', rights({ default: 'encrypt' }))
    expect(await listed(box)).toEqual({})
  })

  it('lists no value for being written by an admin', async () => {
    const box = await makeVault('admin')
    await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
    const boss = await admit(box, 'boss', {}, true)
    await boss.call(box, 'PutSecretValue', {
      SecretId: 'a',
      SecretString: 'a2',
      ClientRequestToken: token('a2')
    })
    expect(await listed(box)).toEqual({})
  })

  it('lists a value that moved to a key with fewer readers, for the readers of every earlier key', async () => {
    const box = await makeVault('moved')
    await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
    await admit(box, 'bob', { default: 'decrypt' })
    await addKey(await box.internal(), 'second', ['a'], quiet)
    await admit(box, 'carol', { second: 'decrypt' })
    await addKey(await box.internal(), 'third', ['b'], quiet)
    await bindNames(await box.internal(), 'third', ['a'], quiet)
    expect(await listed(box)).toEqual({ 'a AWSCURRENT': ['bob read', 'carol read'] })
    await grant(await box.internal(), 'carol', rights({ third: 'decrypt' }))
    expect(await listed(box)).toEqual({ 'a AWSCURRENT': ['bob read'] })
  })

  it('shows a waiver until it ends', async () => {
    const box = await makeVault('waiver')
    await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
    await admit(box, 'bob', { default: 'decrypt' })
    await removeMember(await box.internal(), 'bob', quiet)
    const until = new Date(box.clock.time + 10 * DAY)
    await waive(await box.internal(), 'a', { until, reason: 'rebuilt next week' })
    const waiver = async () => (await exposure(await box.internal(), quiet)).exposed[0]?.waiver
    expect(await waiver()).toEqual({ by: 'alice', until, reason: 'rebuilt next week' })
    // a waiver does not cover a member who loses the right later
    await admit(box, 'carol', { default: 'decrypt' })
    expect(await waiver()).toBeDefined()
    await removeMember(await box.internal(), 'carol', quiet)
    expect(await waiver()).toBeUndefined()
    await addKey(await box.internal(), 'own', ['a'], quiet)
    await waive(await box.internal(), 'a', { until, reason: 'moved' })
    expect(await waiver()).toMatchObject({ reason: 'moved' })
    // a new reader of an earlier key can open the value in the history
    await admit(box, 'eve', { default: 'decrypt' })
    expect(await waiver()).toBeUndefined()
    await waive(await box.internal(), 'a', { until, reason: 'that one, too' })
    expect(await waiver()).toMatchObject({ reason: 'that one, too' })
    box.clock.advance(10 * DAY)
    expect(await waiver()).toBeUndefined()
  })
})

/** All values of each secret that an identity can open in any commit. */
async function openedBy(box: TestVault, { identity }: Person): Promise<Set<string>> {
  const objects = box
    .git('rev-list', '--objects', '--all')
    .split('\n')
    .map(line => [line.slice(0, 40), line.slice(41)] as const)
  const documents = async <K extends 'key' | 'version'>(kind: K, pattern: RegExp) =>
    Promise.all(
      objects
        .filter(([, path]) => pattern.test(path))
        .map(([oid, path]) => parseDocument(kind, utf8(box.git('cat-file', 'blob', oid)), `${oid} ${path}`))
    )
  const secrets = new Map<string, { publicKey: Uint8Array; secret: Uint8Array }>()
  for (const document of await documents('key', /^vault\/keys\/.*\.yaml$/)) {
    const sealed = document.sealed[identity.public.keyId]
    const publicKey = decode(document.public)
    const secret = sealed && openSealed(identity.public.boxKey, identity.boxSecret, decode(sealed)!)
    if (secret && publicKey) secrets.set(encode(shortHash(publicKey)), { publicKey, secret })
  }
  const opened = new Set<string>()
  for (const document of await documents('version', /\/versions\/.*\.yaml$/)) {
    const key = secrets.get(document.recipient)
    const value = key && openValue(document, box.made.root, key.publicKey, key.secret)
    if (value?.type === 'string') opened.add(`${document.secret} ${value.text}`)
  }
  return opened
}

/** One random change to a vault. The numbers are indexes, taken modulo the number of candidates. */
const step = fc.record({
  what: fc.constantFrom('put', 'same', 'member', 'grant', 'revoke', 'remove', 'key', 'bind', 'reseal'),
  who: fc.nat({ max: 99 }),
  where: fc.nat({ max: 99 })
})

describe('against brute force', () => {
  it('lists exactly the versions whose value a past identity can open', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 20 }), async steps => {
        const box = await makeVault('brute')
        const NAMES = ['a', 'b']
        for (const name of NAMES) await box.api.createSecret({ Name: name, SecretString: `${name} first` })
        const people: Person[] = []
        const removed = new Set<string>()
        const keys = ['default']
        let values = 0
        for (const { what, who, where } of steps) {
          box.clock.advance(1000)
          const vault = await box.internal()
          const name = NAMES[where % NAMES.length]!
          const key = keys[who % keys.length]!
          const present = people.filter(one => !removed.has(one.name))
          const person = present[where % Math.max(1, present.length)]
          if (what === 'put') await box.api.putSecretValue({ SecretId: name, SecretString: `${++values}` })
          else if (what === 'same') {
            const { SecretString = '' } = await box.api.getSecretValue({ SecretId: name })
            await box.api.putSecretValue({ SecretId: name, SecretString })
          } else if (what === 'member' && people.length < 3)
            people.push(await admit(box, `m${people.length}`, { [key]: 'decrypt' }))
          else if (what === 'grant' && person) await grant(vault, person.name, rights({ [key]: 'decrypt' }))
          else if (what === 'revoke' && person) {
            const { members } = await roster(vault)
            const held = members.find(one => one.name === person.name)?.rights.map(one => one.key) ?? []
            if (held.includes(key)) await revoke(vault, person.name, rights({ [key]: 'decrypt' }), quiet)
          } else if (what === 'remove' && person) {
            await removeMember(vault, person.name, quiet)
            removed.add(person.name)
          } else if (what === 'key' && keys.length < 3) {
            await addKey(vault, `k${keys.length}`, [`unused${keys.length}`], quiet)
            keys.push(`k${keys.length}`)
          } else if (what === 'bind') await bindNames(vault, key, [name], quiet)
          else if (what === 'reseal') await box.api.updateSecret({ SecretId: name, KmsKeyId: key })
        }
        const { members } = await roster(await box.internal())
        const expected = new Set<string>()
        for (const person of people) {
          const opened = await openedBy(box, person)
          const held = members.find(one => one.name === person.name)?.rights.map(one => one.key) ?? []
          for (const name of NAMES) {
            const { KmsKeyId = 'alias/default' } = await box.api.describeSecret({ SecretId: name })
            const { ARN, SecretString } = await box.api.getSecretValue({ SecretId: name })
            const may = held.includes(KmsKeyId.replace('alias/', ''))
            if (!may && opened.has(`${ARN} ${SecretString}`)) expected.add(`${name} ${person.name}`)
          }
        }
        const { exposed } = await exposure(await box.internal(), quiet)
        const found = exposed
          .filter(({ labels }) => labels.includes('AWSCURRENT'))
          .flatMap(({ secret, to }) => to.map(({ member }) => `${secret} ${member}`))
        expect(new Set(found)).toEqual(expected)
      }),
      { numRuns: rounds(8), endOnFailure: true }
    )
  })
})
