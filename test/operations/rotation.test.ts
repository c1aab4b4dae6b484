import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addFunction } from '../../src/app/rotation/functions.js'
import { verify } from '../../src/vault/verify/verify.js'
import { openVault } from '../../src/index.js'
import { failure, makeVault, token, type TestVault } from '../vault/fixture.js'
import { admit } from '../vault/people.js'
import { rollback } from '../../src/operations/rollback.js'
import { history } from '../../src/vault/history.js'
import { call } from '../../src/operations/call.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  const fails = { directory: box.root, name: 'fails', command: 'false', env: [], reads: [] }
  await addFunction(await box.internal(), fails)
})

let made = 0
let SecretId: string
let pending: string
/** A secret whose rotation has begun, with a version that has no value. */
beforeEach(async () => {
  SecretId = `rotation/${++made}`
  pending = token(`p${SecretId}`)
  await box.api.createSecret({ Name: SecretId, SecretString: 'x', ClientRequestToken: token(SecretId) })
  await begin()
})

const begin = async (more: object = {}): Promise<void> => {
  const request = { SecretId, RotationLambdaARN: 'fails', ClientRequestToken: pending, ...more }
  expect(await failure(box.api.rotateSecret(request))).toMatchObject({ code: 'RotationFailed' })
}

const fill = (SecretString: string) => ({
  SecretId,
  SecretString,
  ClientRequestToken: pending,
  VersionStages: ['AWSPENDING']
})

const stages = async () => (await box.api.describeSecret({ SecretId })).VersionIdsToStages

async function expectSound(): Promise<void> {
  const { problems } = await verify(await box.internal(), { reportFinding: async () => undefined })
  expect(problems).toBe(0)
  expect(box.status()).toBe('')
}

describe('a version without a value', () => {
  it('[VER] is not found by id, by label, nor in a batch; ListSecretVersionIds has it', async () => {
    const missing = (text: string) => ({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for ${text}`
    })
    const get = (more: object) => failure(box.api.getSecretValue({ SecretId, ...more }))
    expect(await get({ VersionId: pending })).toEqual(missing(`VersionId: ${pending}`))
    expect(await get({ VersionId: pending, VersionStage: 'AWSPENDING' })).toEqual(
      missing(`VersionId: ${pending}`)
    )
    expect(await get({ VersionStage: 'AWSPENDING' })).toEqual(missing('staging label: AWSPENDING'))
    expect((await box.api.listSecretVersionIds({ SecretId })).Versions).toMatchObject([
      { VersionId: token(SecretId) },
      { VersionId: pending, VersionStages: ['AWSPENDING'] }
    ])
    await expectSound()
  })

  it('[DOC] is filled by PutSecretValue with its token, once', async () => {
    expect(await box.api.putSecretValue(fill('new'))).toMatchObject({ VersionStages: ['AWSPENDING'] })
    expect(await box.api.putSecretValue(fill('new'))).toMatchObject({ VersionId: pending })
    expect(await failure(box.api.putSecretValue(fill('other')))).toMatchObject({
      code: 'ResourceExistsException'
    })
    expect(await box.api.getSecretValue({ SecretId, VersionId: pending })).toMatchObject({
      SecretString: 'new'
    })
    expect(await box.api.describeSecret({ SecretId })).not.toHaveProperty('LastRotatedDate')
    await expectSound()
  })

  it('filled and made current in one put, it is a complete rotation', async () => {
    await box.api.putSecretValue({ SecretId, SecretString: 'new', ClientRequestToken: pending })
    expect((await box.api.describeSecret({ SecretId })).LastRotatedDate).toBeInstanceOf(Date)
    expect(await stages()).toEqual({
      [token(SecretId)]: ['AWSPREVIOUS'],
      [pending]: ['AWSCURRENT', 'AWSPENDING']
    })
    await expectSound()
  })

  it('filled and made current by UpdateSecret, it is one, too, whatever else that changes', async () => {
    const Description = 'rotated by hand'
    await box.api.updateSecret({ SecretId, SecretString: 'new', ClientRequestToken: pending, Description })
    expect(await box.api.describeSecret({ SecretId })).toMatchObject({
      Description,
      LastRotatedDate: expect.any(Date),
      VersionIdsToStages: { [pending]: ['AWSCURRENT', 'AWSPENDING'] }
    })
    await expectSound()
  })

  it('made current by a rollback of a git revert, it is one, too', async () => {
    await box.api.putSecretValue(fill('new'))
    for (const versionId of [pending, token(SecretId)])
      await rollback(await box.internal(), { secretId: SecretId, to: { versionId } })
    const dated = async () => (await box.api.describeSecret({ SecretId })).LastRotatedDate!.getTime()
    const before = await dated()
    box.git('revert', '--no-edit', 'HEAD')
    expect(await rollback(await box.internal(), { secretId: SecretId })).toMatchObject({ versionId: pending })
    expect(await dated()).toBeGreaterThan(before)
    await expectSound()
  })

  it('made current by a rollback, it is one, too', async () => {
    await box.api.putSecretValue(fill('new'))
    await rollback(await box.internal(), { secretId: SecretId, to: { versionId: pending } })
    expect(await box.api.describeSecret({ SecretId })).toMatchObject({
      LastRotatedDate: expect.any(Date),
      VersionIdsToStages: { [pending]: ['AWSCURRENT', 'AWSPENDING'] }
    })
    await expectSound()
  })

  it('is marked in the history, until it has one', async () => {
    const marks = async () =>
      (await history(await box.internal(), SecretId)).map(({ versionId, hasNoValue }) => [
        versionId,
        hasNoValue
      ])
    expect(await marks()).toEqual([
      [pending, true],
      [token(SecretId), undefined]
    ])
    await box.api.putSecretValue(fill('new'))
    expect((await marks())[0]).toEqual([pending, undefined])
  })

  it('gets no other label, and loses AWSPENDING', async () => {
    for (const VersionStage of ['AWSCURRENT', 'blue'])
      expect(
        await failure(
          box.api.updateSecretVersionStage({
            SecretId,
            VersionStage,
            MoveToVersionId: pending,
            ...(VersionStage === 'blue' ? {} : { RemoveFromVersionId: token(SecretId) })
          })
        )
      ).toMatchObject({ code: 'ResourceNotFoundException' })
    await box.api.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: pending
    })
    expect(await stages()).toEqual({ [token(SecretId)]: ['AWSCURRENT'] })
    await expectSound()
    // the same token begins it again
    await begin()
    expect(await stages()).toMatchObject({ [pending]: ['AWSPENDING'] })
  })

  it('does not keep other values from being written, and stays pending', async () => {
    await box.api.putSecretValue({ SecretId, SecretString: 'y', ClientRequestToken: token(`y${SecretId}`) })
    expect(await stages()).toEqual({
      [token(SecretId)]: ['AWSPREVIOUS'],
      [token(`y${SecretId}`)]: ['AWSCURRENT'],
      [pending]: ['AWSPENDING']
    })
    await box.api.updateSecret({ SecretId, KmsKeyId: 'alias/default' })
    await expectSound()
  })

  it('is filled by a member who may only encrypt', async () => {
    const bob = await admit(box, `bob${made}`, { default: 'encrypt' })
    await call(await bob.open(box), 'PutSecretValue', fill('by bob'))
    expect(await box.api.getSecretValue({ SecretId, VersionId: pending })).toMatchObject({
      SecretString: 'by bob'
    })
    await expectSound()
  })

  it('stays with a replica that becomes a secret of its own', async () => {
    await box.api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
    const eu = await openVault({ ...box.options, region: 'eu-west-1' })
    expect((await eu.describeSecret({ SecretId })).VersionIdsToStages).toEqual(await stages())
    await eu.stopReplicationToReplica({ SecretId })
    const own = await eu.describeSecret({ SecretId })
    expect(own.VersionIdsToStages).toEqual(await stages())
    expect(own).not.toHaveProperty('RotationEnabled')
    await expectSound()
  })
})

describe('the settings', () => {
  it('[REC] are described and listed', async () => {
    await begin({ RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '3h' } })
    const shown = {
      RotationEnabled: true,
      RotationLambdaARN: 'fails',
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '3h' }
    }
    expect(await box.api.describeSecret({ SecretId })).toMatchObject(shown)
    const { SecretList } = await box.api.listSecrets({ Filters: [{ Key: 'name', Values: [SecretId] }] })
    expect(SecretList).toMatchObject([shown])
  })

  it('stay as they were if a request is refused', async () => {
    const before = await box.api.describeSecret({ SecretId })
    const request = { SecretId, RotationLambdaARN: 'none', ClientRequestToken: pending }
    expect(await failure(box.api.rotateSecret(request))).toMatchObject({ code: 'AccessDeniedException' })
    expect(await box.api.describeSecret({ SecretId })).toEqual(before)
  })

  it('[DOC] are kept by CancelRotateSecret, which turns rotation off and names the version', async () => {
    expect(await box.api.cancelRotateSecret({ SecretId })).toMatchObject({
      Name: SecretId,
      VersionId: pending
    })
    const before = box.head()
    expect(await box.api.cancelRotateSecret({ SecretId })).toMatchObject({ VersionId: pending })
    expect(box.head()).toBe(before)
    expect(await box.api.describeSecret({ SecretId })).toMatchObject({
      RotationEnabled: false,
      RotationLambdaARN: 'fails'
    })
    expect(await stages()).toMatchObject({ [pending]: ['AWSPENDING'] })
    // off: it is not reattempted
    expect(await failure(box.api.rotateSecret({ SecretId }))).toEqual({
      code: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted."
    })
  })

  it('a rotation that was cancelled is not dated when AWSCURRENT moves', async () => {
    await box.api.cancelRotateSecret({ SecretId })
    await box.api.putSecretValue({ SecretId, SecretString: 'new', ClientRequestToken: pending })
    expect(await box.api.describeSecret({ SecretId })).not.toHaveProperty('LastRotatedDate')
  })
})

it.each([
  ['manage encrypt', 'GetSecretValue'],
  ['decrypt encrypt', 'RotateSecret'],
  ['manage decrypt', 'RotateSecret']
])('a member with %s may not rotate', async (rights, operation) => {
  const person = await admit(box, `m${made}`, { default: rights })
  const request = { SecretId, ClientRequestToken: pending.replace('p', 'q') }
  await box.api.updateSecretVersionStage({
    SecretId,
    VersionStage: 'AWSPENDING',
    RemoveFromVersionId: pending
  })
  const before = box.head()
  expect(await failure(call(await person.open(box), 'RotateSecret', request))).toEqual({
    code: 'AccessDeniedException',
    message: `m${made} is not authorized to perform secretsmanager:${operation} on ${SecretId}`
  })
  expect(box.head()).toBe(before)
})
