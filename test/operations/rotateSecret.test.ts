import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { call } from '../../src/operations/call.js'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:rotate'
const NO_FUNCTION = {
  code: 'InvalidRequestException',
  message: 'No Lambda rotation function ARN is associated with this secret.'
}
const NOT_FOUND = {
  code: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret."
}
const MARKED = {
  code: 'InvalidRequestException',
  message: "You can't perform this operation on the secret because it was marked for deletion."
}
const REPLICA = {
  code: 'InvalidParameterException',
  message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
}
const TOGETHER = {
  code: 'InvalidParameterException',
  message: 'You cannot specify both rotation frequency and schedule expression together.'
}

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  await makeScheduled(box, 'ro/scheduled')
})

let made = 0
let SecretId: string
beforeEach(async () => {
  SecretId = `ro/${++made}`
  await box.api.createSecret({ Name: SecretId, SecretString: 'x', ClientRequestToken: token(SecretId) })
})

describe('RotateSecret', () => {
  it('[REC] refuses a secret without a function', async () => {
    const before = box.state()
    for (const more of [
      {},
      { RotationLambdaARN: '' },
      { RotateImmediately: false },
      { RotationRules: { AutomaticallyAfterDays: 30 } },
      { RotationRules: { ScheduleExpression: 'rate(4 hours)', Duration: '1h' } },
      { RotationRules: {} }
    ])
      expect(await failure(box.api.rotateSecret({ SecretId, ...more }))).toEqual(NO_FUNCTION)
    expect(box.state()).toBe(before)
  })

  it('[REC] refuses a function that cannot be invoked, and stores no configuration', async () => {
    const before = box.state()
    const described = await box.api.describeSecret({ SecretId })
    const request = { SecretId, RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 30 } }
    expect(await failure(box.api.rotateSecret(request))).toEqual({
      code: 'AccessDeniedException',
      message:
        'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
    })
    expect(box.state()).toBe(before)
    expect(await box.api.describeSecret({ SecretId })).toEqual(described)
    expect(keys(described).filter(key => key.startsWith('Rotation'))).toEqual([])
    expect(await failure(box.api.rotateSecret({ SecretId }))).toEqual(NO_FUNCTION)
  })

  it('[REC] refuses a raw request without a token, before it looks up the secret', async () => {
    const vault = await box.internal()
    for (const id of [SecretId, 'no/such'])
      expect(await failure(call(vault, 'RotateSecret', { SecretId: id }))).toEqual({
        code: 'InvalidParameterException',
        message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
      })
  })

  it('[USR] refuses if AWSPENDING is on another version than AWSCURRENT', async () => {
    const pending = { VersionStages: ['AWSPENDING'], ClientRequestToken: token(`p${SecretId}`) }
    await box.api.putSecretValue({ SecretId, SecretString: 'y', ...pending })
    const refused = {
      code: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted."
    }
    expect(await failure(box.api.rotateSecret({ SecretId }))).toEqual(refused)
    expect(await failure(box.api.rotateSecret({ SecretId, RotationLambdaARN: FUNCTION }))).toEqual(refused)

    // finished: both labels on one version
    await box.api.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token(`p${SecretId}`),
      RemoveFromVersionId: token(SecretId)
    })
    expect(await failure(box.api.rotateSecret({ SecretId }))).toEqual(NO_FUNCTION)
  })

  it('[USR] refuses days and a schedule together', async () => {
    const RotationRules = { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }
    expect(await failure(box.api.rotateSecret({ SecretId, RotationRules }))).toEqual(TOGETHER)
  })

  it.each([
    [{ ScheduleExpression: 'rate(3 hours)' }, 'a rate is at least 4 hours'],
    [{ ScheduleExpression: 'cron(5 8 * * ? *)' }, 'the minutes of cron must be 0'],
    [{ ScheduleExpression: 'cron(0 8 * * ? 2027)' }, 'the year of cron must be *'],
    [{ ScheduleExpression: 'daily' }, 'it must be rate(N hours), rate(N days) or cron(…)']
  ])('[DOC] refuses %j', async (RotationRules, reason) => {
    expect(await failure(box.api.rotateSecret({ SecretId, RotationRules }))).toEqual({
      code: 'InvalidParameterException',
      message: `The ScheduleExpression is not valid: ${reason}.`
    })
  })

  it.each(['0h', '25h', '99h'])('[DOC] refuses a Duration of %s', async Duration => {
    const RotationRules = { AutomaticallyAfterDays: 1, Duration }
    expect(await failure(box.api.rotateSecret({ SecretId, RotationRules }))).toEqual({
      code: 'InvalidParameterException',
      message: 'The Duration must be between 1h and 24h (inclusive).'
    })
  })

  it('[MODEL] AutomaticallyAfterDays is 1 to 1,000, a Duration hours', async () => {
    for (const RotationRules of [
      { AutomaticallyAfterDays: 0 },
      { AutomaticallyAfterDays: 1001 },
      { Duration: '3d' }
    ])
      expect((await failure(box.api.rotateSecret({ SecretId, RotationRules }))).code).toBe(
        'ValidationException'
      )
  })

  it('checks the secret and its deletion before the rules', async () => {
    const RotationRules = { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }
    expect(await failure(box.api.rotateSecret({ SecretId: 'no/such', RotationRules }))).toEqual(NOT_FOUND)
    expect(await failure(box.api.rotateSecret({ SecretId: 'ro/scheduled', RotationRules }))).toEqual(MARKED)
  })
})

describe('CancelRotateSecret', () => {
  it('refuses a secret that does not rotate', async () => {
    const before = box.state()
    expect(await failure(box.api.cancelRotateSecret({ SecretId }))).toEqual(NO_FUNCTION)
    expect(box.state()).toBe(before)
  })

  it('[REC] refuses an unknown secret, and one that is scheduled for deletion', async () => {
    expect(await failure(box.api.cancelRotateSecret({ SecretId: 'no/such' }))).toEqual(NOT_FOUND)
    expect(await failure(box.api.cancelRotateSecret({ SecretId: 'ro/scheduled' }))).toEqual(MARKED)
  })
})

it('[USR] both refuse a replica', async () => {
  await box.api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
  const eu = await openVault({ ...box.options, region: 'eu-west-1' })
  expect(await failure(eu.rotateSecret({ SecretId }))).toEqual(REPLICA)
  expect(await failure(eu.cancelRotateSecret({ SecretId }))).toEqual(REPLICA)
})
