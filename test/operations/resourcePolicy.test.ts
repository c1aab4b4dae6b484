import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure, keys, makeScheduled, makeVault, type TestVault } from '../vault/fixture.js'
import { openVault } from '../../src/index.js'
import { admit, as } from '../vault/verify/verifyKit.js'

let box: TestVault
let arn: string
const SecretId = 'prod/db'

/** With spaces and line breaks: the policy must be returned exactly as it was put. */
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
  it('[REC] returns ARN and Name; GetResourcePolicy returns the exact text', async () => {
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

  it('replaces a policy, and is a change each time, even with the same text', async () => {
    const other = policy({ AWS: '000000000000' })
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: other })
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(other)
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: other })
    const after = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(after.getTime()).toBeGreaterThan(before.getTime())
  })

  it('[REC] accepts a Principal of * unless BlockPublicPolicy is set', async () => {
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

  it('[USR] refuses an invalid policy', async () => {
    for (const ResourcePolicy of ['{', '{}', '[]', closed.replace('Effect', 'effect'), policy(undefined)])
      expect(await failure(box.api.putResourcePolicy({ SecretId, ResourcePolicy }))).toEqual(syntax)
    expect(await failure(box.api.putResourcePolicy({ SecretId: 'nowhere', ResourcePolicy: '{' }))).toEqual(
      syntax
    )
  })

  it('[MODEL] accepts 1 to 20,480 characters', async () => {
    const padded = (length: number) => closed.padEnd(length)
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: padded(20_480) })
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(padded(20_480))
    for (const ResourcePolicy of ['', padded(20_481)])
      expect((await failure(box.api.putResourcePolicy({ SecretId, ResourcePolicy }))).code).toBe(
        'ValidationException'
      )
  })

  it('keeps everything else of the secret', async () => {
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
  it('[EMU] omits ResourcePolicy if there is none', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'prod/bare' })
    expect(keys(await box.api.getResourcePolicy({ SecretId: ARN! }))).toEqual(['ARN', 'Name'])
  })
})

describe('DeleteResourcePolicy', () => {
  it('[MODEL] removes the policy, and returns ARN and Name', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: closed })
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(await box.api.deleteResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    expect(await box.api.getResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    const after = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(after.getTime()).toBeGreaterThan(before.getTime())
    box.expectClean()
  })

  it('changes nothing if there is no policy', async () => {
    const state = box.state()
    expect(await box.api.deleteResourcePolicy({ SecretId })).toEqual({ ARN: arn, Name: SecretId })
    expect(box.state()).toBe(state)
  })

  it('a policy can be put again', async () => {
    await box.api.putResourcePolicy({ SecretId, ResourcePolicy: open })
    await box.reopen()
    expect((await box.api.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(open)
  })
})

describe('ValidateResourcePolicy', () => {
  it('[DOC] passes a policy that allows only named principals', async () => {
    const passed = { PolicyValidationPassed: true, ValidationErrors: [] }
    expect(await box.api.validateResourcePolicy({ ResourcePolicy: closed })).toEqual(passed)
    expect(await box.api.validateResourcePolicy({ SecretId, ResourcePolicy: closed })).toEqual(passed)
  })

  it('reports what is wrong', async () => {
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

describe('every operation', () => {
  const calls = (id: string) => [
    () => box.api.putResourcePolicy({ SecretId: id, ResourcePolicy: closed }),
    () => box.api.getResourcePolicy({ SecretId: id }),
    () => box.api.deleteResourcePolicy({ SecretId: id }),
    () => box.api.validateResourcePolicy({ SecretId: id, ResourcePolicy: closed })
  ]

  it('[REC] refuses a secret that does not exist', async () => {
    for (const call of calls('prod/nowhere')) {
      expect(await failure(call())).toEqual({
        code: 'ResourceNotFoundException',
        message: "Secrets Manager can't find the specified secret."
      })
    }
  })

  it('[REC] refuses an invalid name', async () => {
    for (const call of calls('no name')) expect((await failure(call())).code).toBe('ValidationException')
  })

  it('[USR] refuses a secret that is marked for deletion', async () => {
    for (const call of calls('prod/gone')) {
      expect(await failure(call())).toEqual({
        code: 'InvalidRequestException',
        message: "You can't perform this operation on the secret because it was marked for deletion."
      })
    }
  })

  it('[USR] that writes refuses a replica, which has the policy of its primary', async () => {
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

it('a member without decrypt is told that an Allow of theirs has no effect', async () => {
  const own = await makeVault()
  await own.api.createSecret({ Name: 'a', SecretString: 'x' })
  const eva = await admit(own, 'eva', new Map([['default', ['manage']]]))
  const policy = (Effect: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect, Principal: { AWS: 'arn:aws:iam::000000000000:user/app' }, Action: '*', Resource: '*' }
      ]
    })
  const set = async (Effect: string) =>
    (await openVault(own.options)).putResourcePolicy({ SecretId: 'a', ResourcePolicy: policy(Effect) })
  await as(eva, () => set('Deny'))
  await set('Allow')
  expect(own.notices).toEqual([])
  await as(eva, () => set('Allow'))
  expect(own.notices).toEqual([
    'an Allow in this policy has no effect, because you may not decrypt a; a Deny has'
  ])
})
