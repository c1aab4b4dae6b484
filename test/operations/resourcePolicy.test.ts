import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure, keys, makeScheduled, makeVault, type TestVault } from '../vault/fixture.js'

let box: TestVault
let arn: string
const SecretId = 'prod/db'

/** Spaces, line ends and all: what is answered is what was put. */
function policy(Principal: unknown, more: object = {}): string {
  const statement = {
    Effect: 'Allow',
    Principal,
    Action: 'secretsmanager:GetSecretValue',
    Resource: '*',
    ...more
  }
  return `${JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, '\t')}\n`
}

const closed = policy({ AWS: 'arn:aws:iam::000000000000:user/app1' })
const open = policy('*')
const syntax = { code: 'MalformedPolicyDocumentException', message: 'This policy has invalid syntax.' }

beforeAll(async () => {
  box = await makeVault()
  arn = (await box.api.createSecret({ Name: SecretId, SecretString: 'x' })).ARN!
  await makeScheduled(box, 'prod/gone')
})

beforeEach(() => {
  box.clock.advance(1000)
})

describe('PutResourcePolicy', () => {
  it('[REC] answers ARN and Name; GetResourcePolicy has the text as it was', async () => {
    const commits = box.commits()
    const response = await box.api.putResourcePolicy({ SecretId, ResourcePolicy: closed })
    expect(response).toEqual({ ARN: arn, Name: SecretId })
    expect(keys(response)).toEqual(['ARN', 'Name'])
    const got = await box.api.getResourcePolicy({ SecretId: arn })
    expect(got).toEqual({ ARN: arn, Name: SecretId, ResourcePolicy: closed })
    expect(keys(got)).toEqual(['ARN', 'Name', 'ResourcePolicy'])
    expect(box.commits()).toBe(commits + 1)
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      `PutResourcePolicy ${SecretId}\n\nSecret-Arn: ${arn}\nMember: alice`
    )
    box.expectClean()
  })

  it('replaces a policy, and is a change each time, also of the same text', async () => {
    const other = policy({ AWS: '000000000000' })
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: other })
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(other)
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: other })
    const after = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(after.getTime()).toBeGreaterThan(before.getTime())
  })

  it('[REC] takes a Principal of * unless BlockPublicPolicy', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: open })
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: open, BlockPublicPolicy: false })
    const state = box.state()
    expect(
      await failure(box.api.putResourcePolicy({ SecretId, ResourcePolicy: open, BlockPublicPolicy: true }))
    ).toEqual({
      code: 'PublicPolicyException',
      message:
        'The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.'
    })
    expect(box.state()).toBe(state)
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: closed, BlockPublicPolicy: true })
    const narrowed = policy('*', { Condition: { StringEquals: { 'aws:PrincipalAccount': '000000000000' } } })
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: narrowed, BlockPublicPolicy: true })
  })

  it('[USR] refuses what is no policy of a secret', async () => {
    for (const ResourcePolicy of ['{', '{}', '[]', closed.replace('Effect', 'effect'), policy(undefined)])
      expect(await failure(box.api.putResourcePolicy({ SecretId, ResourcePolicy }))).toEqual(syntax)
    expect(await failure(box.api.putResourcePolicy({ SecretId: 'nowhere', ResourcePolicy: '{' }))).toEqual(
      syntax
    )
  })

  it('[MODEL] of 1 to 20,480 characters', async () => {
    const padded = (length: number) => closed.padEnd(length)
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: padded(20_480) })
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(padded(20_480))
    for (const ResourcePolicy of ['', padded(20_481)])
      expect((await failure(box.api.putResourcePolicy({ SecretId, ResourcePolicy }))).code).toBe(
        'ValidationException'
      )
  })

  it('keeps whatever else there is', async () => {
    const made = await box.api.createSecret({
      Name: 'prod/tagged',
      Description: 'd',
      SecretString: 'x',
      Tags: [{ Key: 'a', Value: 'b' }]
    })
    const { LastChangedDate: _, ...before } = await box.api.describeSecret({ SecretId: made.ARN! })
    await box.api.putResourcePolicy({ SecretId: made.ARN!, ResourcePolicy: closed })
    expect(await box.api.describeSecret({ SecretId: made.ARN! })).toMatchObject(before)
    await box.api.putSecretValue({ SecretId: made.ARN!, SecretString: 'y' })
    expect((await box.api.getResourcePolicy({ SecretId: made.ARN! })).ResourcePolicy).toBe(closed)
  })
})

describe('GetResourcePolicy', () => {
  it('[EMU] leaves ResourcePolicy out where there is none', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'prod/bare' })
    expect(keys(await box.api.getResourcePolicy({ SecretId: ARN! }))).toEqual(['ARN', 'Name'])
  })
})

describe('DeleteResourcePolicy', () => {
  it('[MODEL] takes it away, and answers ARN and Name', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: closed })
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(await box.api.deleteResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    expect(await box.api.getResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    const after = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(after.getTime()).toBeGreaterThan(before.getTime())
    box.expectClean()
  })

  it('where there is none changes nothing', async () => {
    const state = box.state()
    expect(await box.api.deleteResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    expect(box.state()).toBe(state)
  })

  it('lets one be put again', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: open })
    await box.reopen()
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(open)
  })
})

describe('ValidateResourcePolicy', () => {
  it('[DOC] passes what lets nobody in who is not named', async () => {
    const passed = { PolicyValidationPassed: true, ValidationErrors: [] }
    expect(await box.api.validateResourcePolicy({ ResourcePolicy: closed })).toEqual(passed)
    expect(await box.api.validateResourcePolicy({ SecretId, ResourcePolicy: closed })).toEqual(passed)
  })

  it('says what is wrong', async () => {
    expect(await box.api.validateResourcePolicy({ ResourcePolicy: open })).toEqual({
      PolicyValidationPassed: false,
      ValidationErrors: [
        {
          CheckName: 'BlockPublicPolicy',
          ErrorMessage: 'The resource policy did not prevent broad access to the secret.'
        }
      ]
    })
    const broken = await box.api.validateResourcePolicy({ SecretId, ResourcePolicy: '{}' })
    expect(broken).toEqual({
      PolicyValidationPassed: false,
      ValidationErrors: [{ CheckName: 'PolicySyntax', ErrorMessage: 'This policy has invalid syntax.' }]
    })
    expect(keys(broken.ValidationErrors![0]!)).toEqual(['CheckName', 'ErrorMessage'])
  })

  it('changes nothing', async () => {
    const state = box.state()
    await box.api.validateResourcePolicy({ SecretId, ResourcePolicy: closed })
    expect(box.state()).toBe(state)
  })
})

describe('each of them', () => {
  const calls = (id: string) => [
    () => box.api.putResourcePolicy({ SecretId: id, ResourcePolicy: closed }),
    () => box.api.getResourcePolicy({ SecretId: id }),
    () => box.api.deleteResourcePolicy({ SecretId: id }),
    () => box.api.validateResourcePolicy({ SecretId: id, ResourcePolicy: closed })
  ]

  it('[REC] of a secret that there is not', async () => {
    for (const call of calls('prod/nowhere')) {
      expect(await failure(call())).toEqual({
        code: 'ResourceNotFoundException',
        message: "Secrets Manager can't find the specified secret."
      })
    }
  })

  it('[REC] with a name that is none', async () => {
    for (const call of calls('no name')) expect((await failure(call())).code).toBe('ValidationException')
  })

  it('[USR] of one that is marked for deletion', async () => {
    for (const call of calls('prod/gone')) {
      expect(await failure(call())).toEqual({
        code: 'InvalidRequestException',
        message: "You can't perform this operation on the secret because it was marked for deletion."
      })
    }
  })

  it('[USR] that writes is refused on a replica, which has the policy of its primary', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: closed })
    await box.api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
    const { call } = await import('../../src/operations/call.js')
    const there = (await box.internal()).inRegion('eu-west-1')
    const ARN = arn.replace(':local:', ':eu-west-1:')
    expect(await call(there, 'GetResourcePolicy', { SecretId })).toEqual({
      ARN,
      Name: SecretId,
      ResourcePolicy: closed
    })
    for (const [name, request] of [
      ['PutResourcePolicy', { SecretId, ResourcePolicy: closed }],
      ['DeleteResourcePolicy', { SecretId }]
    ] as const) {
      expect(await failure(call(there, name, request))).toEqual({
        code: 'InvalidParameterException',
        message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
      })
    }
  })
})
