import { beforeEach, describe, expect, it } from 'vitest'
import { rollback, type Rollback } from '../../src/operations/rollback.js'
import { exposure } from '../../src/vault/team/exposure.js'
import { removeMember } from '../../src/vault/team/team.js'
import { DAY, failure, makeVault, token, type TestVault } from '../vault/fixture.js'
import { admit } from '../vault/people.js'

const secretId = 'prod/db'
let box: TestVault

beforeEach(async () => {
  box = await makeVault('rollback')
  await box.api.createSecret({ Name: secretId, SecretString: 'one', ClientRequestToken: token('one') })
  for (const value of ['two', 'three'])
    await box.api.putSecretValue({
      SecretId: secretId,
      SecretString: value,
      ClientRequestToken: token(value)
    })
})

const back = async (to?: Rollback['to'], asNew?: string) =>
  rollback(await box.internal(), { secretId, to, asNew })
const labels = async () => (await box.api.describeSecret({ SecretId: secretId })).VersionIdsToStages
const value = async () => (await box.api.getSecretValue({ SecretId: secretId })).SecretString

describe('a rollback', () => {
  it('to the previous version swaps AWSCURRENT and AWSPREVIOUS, as the service does, in one commit', async () => {
    const commits = box.commits()
    expect(await back('previous')).toEqual({
      name: secretId,
      versionId: token('two'),
      created: expect.any(Date) as Date,
      writer: 'alice',
      previous: token('three')
    })
    expect(await value()).toBe('two')
    expect(await labels()).toEqual({ [token('two')]: ['AWSCURRENT'], [token('three')]: ['AWSPREVIOUS'] })
    expect(box.commits()).toBe(commits + 1)
    expect(box.git('log', '-1', '--format=%s').trim()).toBe('UpdateSecretVersionStage prod/db')
    box.expectClean()
    await back('previous')
    expect(await value()).toBe('three')
  })

  it('to a version by id, also one without a label', async () => {
    await back({ versionId: token('one') })
    expect(await labels()).toEqual({ [token('one')]: ['AWSCURRENT'], [token('three')]: ['AWSPREVIOUS'] })
  })

  it('leaves the same documents as update-secret-version-stage', async () => {
    const other = await makeVault('rollback')
    for (const [at, text] of ['one', 'two', 'three'].entries()) {
      const request = { SecretString: text, ClientRequestToken: token(text) }
      if (at === 0) await other.api.createSecret({ Name: secretId, ...request })
      else await other.api.putSecretValue({ SecretId: secretId, ...request })
    }
    await other.api.updateSecretVersionStage({
      SecretId: secretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token('one'),
      RemoveFromVersionId: token('three')
    })
    await back({ versionId: token('one') })
    const shown = (vault: TestVault) =>
      vault.api.listSecretVersionIds({ SecretId: secretId, IncludeDeprecated: true })
    const withoutArn = async (vault: TestVault) => ({ ...(await shown(vault)), ARN: '' })
    expect(await withoutArn(box)).toEqual(await withoutArn(other))
  })

  it('as a new version stores the value again, and leaves AWSPREVIOUS on the version that was current', async () => {
    const done = await back({ versionId: token('one') }, token('again'))
    expect(done).toMatchObject({ versionId: token('one'), previous: token('three') })
    expect(await value()).toBe('one')
    expect(await labels()).toEqual({ [token('again')]: ['AWSCURRENT'], [token('three')]: ['AWSPREVIOUS'] })
    expect(box.git('log', '-1', '--format=%s').trim()).toBe('PutSecretValue prod/db')
    box.expectClean()
  })

  it('as a new version does not make an exposed value look new', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt' })
    await bob.call(box, 'GetSecretValue', { SecretId: secretId })
    await removeMember(await box.internal(), 'bob', () => undefined)
    for (const text of ['four', 'five'])
      await box.api.putSecretValue({
        SecretId: secretId,
        SecretString: text,
        ClientRequestToken: token(text)
      })
    const ledger = async () =>
      (await exposure(await box.internal(), () => undefined)).exposed.map(({ versionId }) => versionId)
    expect(await ledger()).toEqual([])
    await back({ versionId: token('three') }, token('again'))
    expect(await ledger()).toEqual([token('again')])
  })
})

describe('a rollback is refused', () => {
  const refused = async (...request: Parameters<typeof back>) => {
    const state = box.state()
    const [outcome] = await Promise.allSettled([back(...request)])
    expect(box.state()).toBe(state)
    expect(outcome.status).toBe('rejected')
    return (outcome as { reason: unknown }).reason
  }

  it('to the current version', async () => {
    for (const asNew of [undefined, token('again')])
      expect(await refused({ versionId: token('three') }, asNew)).toMatchObject({
        code: 'InvalidRequestException',
        message: `prod/db has that version already: AWSCURRENT is on ${token('three')}`
      })
  })

  it('to a version that was pruned', async () => {
    box.clock.advance(2 * DAY)
    for (let number = 0; number < 101; number++) {
      const ClientRequestToken = token(number)
      await box.api.putSecretValue({ SecretId: secretId, SecretString: `${number}`, ClientRequestToken })
    }
    expect(await refused({ versionId: token('one') })).toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${token('one')}`,
      hint: 'it was pruned, or never existed; see what is left: git-vault history prod/db'
    })
  })

  it('without a version, or a previous one', async () => {
    expect(await refused()).toMatchObject({
      code: 'Usage',
      message: 'rollback needs VERSION or --previous',
      hint: 'choose one from: git-vault history prod/db'
    })
    await box.api.createSecret({ Name: 'new', SecretString: 'x' })
    const vault = await box.internal()
    expect(await failure(rollback(vault, { secretId: 'new', to: 'previous' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"
    })
  })

  it('of a secret that is scheduled for deletion, and of one that does not exist', async () => {
    await box.api.deleteSecret({ SecretId: secretId })
    expect(await refused('previous')).toMatchObject({ code: 'InvalidRequestException' })
    const vault = await box.internal()
    expect((await failure(rollback(vault, { secretId: 'none', to: 'previous' }))).code).toBe(
      'ResourceNotFoundException'
    )
  })

  it('without the right: manage for a move, encrypt and decrypt for a new version', async () => {
    const writer = await admit(box, 'writer', { default: 'encrypt' })
    const reader = await admit(box, 'reader', { default: 'decrypt' })
    const manager = await admit(box, 'manager', { default: 'manage' })
    const as = async (person: typeof writer, asNew?: string) =>
      (await failure(rollback(await person.open(box), { secretId, to: 'previous', asNew }))).code
    expect(await as(writer)).toBe('AccessDeniedException')
    expect(await as(reader)).toBe('AccessDeniedException')
    expect(await as(writer, token('a'))).toBe('DecryptionFailure')
    expect(await as(reader, token('a'))).toBe('AccessDeniedException')
    expect((await rollback(await manager.open(box), { secretId, to: 'previous' })).versionId).toBe(
      token('two')
    )
    expect(await value()).toBe('two')
  })
})
