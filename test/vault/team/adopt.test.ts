import { expect, it } from 'vitest'
import { trust } from '../../../src/app/trust.js'
import { adoptable, adoptVersions } from '../../../src/vault/team/adopt.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { cloneOf, failure, makeVault, token } from '../fixture.js'
import { admit } from '../people.js'

const quiet = (): void => undefined

it('adopts only the versions that a removed member wrote before they knew of the removal', async () => {
  const box = await makeVault('adopt')
  await box.api.createSecret({ Name: 'a', SecretString: 'a1' })
  await box.api.createSecret({ Name: 'b', SecretString: 'b1' })
  const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
  const his = await cloneOf(box)
  await trust(his.root, box.made.root)
  const put = async (SecretId: string, SecretString: string, id: string, VersionStages?: string[]) =>
    bob.call(his, 'PutSecretValue', {
      SecretId,
      SecretString,
      ClientRequestToken: token(id),
      ...(VersionStages ? { VersionStages } : {})
    })
  await put('a', 'a2', 'a2')
  await put('a', 'a3', 'a3')
  await put('b', 'b2', 'b2', ['blue'])
  await bob.call(his, 'TagResource', { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] })
  await bob.call(his, 'CreateSecret', { Name: 'new', SecretString: 'n', ClientRequestToken: token('n') })

  await removeMember(await box.internal(), 'bob', quiet)
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'hers' })
  box.git('fetch', '-q', his.root, 'main:bobs')
  const before = box.state()
  const { versions, skipped } = await adoptable(await box.internal(), 'bob', 'bobs')
  expect(versions.map(({ secret, versionId, labels }) => [secret, versionId, labels])).toEqual([
    ['a', token('a2'), ['AWSPREVIOUS']],
    ['a', token('a3'), ['AWSCURRENT']],
    ['b', token('b2'), ['blue']]
  ])
  expect(skipped.map(({ path }) => path).sort()).toEqual([
    'vault/secrets/a/secret.yaml',
    'vault/secrets/new/secret.yaml'
  ])
  expect(box.state()).toBe(before)

  expect(await adoptVersions(await box.internal(), 'bob', 'bobs')).toBe(3)
  const value = async (SecretId: string, VersionStage: string) =>
    (await box.api.getSecretValue({ SecretId, VersionStage })).SecretString
  expect([await value('a', 'AWSCURRENT'), await value('b', 'AWSCURRENT'), await value('b', 'blue')]).toEqual([
    'a3',
    'b1',
    'b2'
  ])
  expect(await box.api.describeSecret({ SecretId: 'a' })).not.toHaveProperty('Tags')
  expect((await box.api.getSecretValue({ SecretId: 'a', VersionId: token('a2') })).SecretString).toBe('a2')
  const { exposed } = await exposure(await box.internal(), quiet)
  expect(exposed.flatMap(({ secret, versionId }) => `${secret} ${versionId}`)).toEqual(
    expect.arrayContaining([`a ${token('a3')}`, `b ${token('b2')}`])
  )
  // an adopted version is not adopted again
  expect((await adoptable(await box.internal(), 'bob', 'bobs')).versions).toEqual([])
  box.expectClean()
})

it('refuses a present member, another vault and an unknown revision', async () => {
  const box = await makeVault('adopt-not')
  await admit(box, 'bob', { default: 'decrypt encrypt' })
  expect((await failure(adoptable(await box.internal(), 'bob', 'HEAD'))).message).toContain(
    'no removed member is called "bob"'
  )
  await removeMember(await box.internal(), 'bob', quiet)
  expect((await failure(adoptable(await box.internal(), 'bob', 'nowhere'))).code).toBe('GitFailed')
  const other = await makeVault('adopt-other')
  box.git('fetch', '-q', other.root, 'main:other')
  expect((await failure(adoptable(await box.internal(), 'bob', 'other'))).message).toContain(
    'is not an earlier state of this one'
  )
})

it('leaves out a secret that fails verification here or there, and a version that does not decrypt, and adopts the rest', async () => {
  const box = await makeVault('adopt-some')
  for (const Name of ['a', 'b', 'c']) await box.api.createSecret({ Name, SecretString: 'one' })
  const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
  const his = await cloneOf(box)
  await trust(his.root, box.made.root)
  for (const SecretId of ['a', 'b', 'c']) {
    const ClientRequestToken = token(`${SecretId}2`)
    await bob.call(his, 'PutSecretValue', { SecretId, SecretString: 'two', ClientRequestToken })
    await bob.call(his, 'TagResource', { SecretId, Tags: [{ Key: 'k', Value: 'v' }] })
  }
  const there = `vault/secrets/c/versions/${token('c2')}.yaml`
  his.write(there, 'kind: [\n')
  his.git('commit', '-qam', 'by hand')
  await removeMember(await box.internal(), 'bob', quiet)
  const here = 'vault/secrets/b/stages.yaml'
  box.write(here, 'kind: [\n')
  box.git('commit', '-qam', 'by hand')
  box.git('fetch', '-q', his.root, 'main:bobs')

  const { versions, skipped } = await adoptable(await box.internal(), 'bob', 'bobs')
  expect(versions.map(({ secret }) => secret)).toEqual(['a'])
  const refused = skipped.filter(({ why }) => !why.startsWith('only versions are adopted'))
  expect(refused.map(({ why }) => why)).toEqual([
    expect.stringContaining(here) as string,
    expect.stringContaining(there) as string
  ])
  expect(await adoptVersions(await box.internal(), 'bob', 'bobs')).toBe(1)
  expect((await box.api.getSecretValue({ SecretId: 'a' })).SecretString).toBe('two')
})
