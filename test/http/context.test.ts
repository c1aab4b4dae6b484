import { beforeAll, describe, expect, it } from 'vitest'
import type { OperationName } from '../../src/core/generated/operations.js'
import { parsePolicy } from '../../src/core/policy/policy.js'
import { authorize, needsOf, pinToArn } from '../../src/http/authorize.js'
import type { Input } from '../../src/http/context.js'
import { call } from '../../src/operations/call.js'
import type { Vault } from '../../src/vault/vault.js'
import { failure, makeVault, token } from '../vault/fixture.js'

const ACCOUNT = '000000000000'
let vault: Vault
let arn: string

beforeAll(async () => {
  const box = await makeVault()
  const made = await box.api.createSecret({
    Name: 'prod/db',
    SecretString: 'one',
    ClientRequestToken: token('first'),
    Tags: [
      { Key: 'Team', Value: 'red' },
      { Key: 'team', Value: 'blue' }
    ]
  })
  arn = made.ARN ?? ''
  for (const name of ['second', 'third'])
    await box.api.putSecretValue({
      SecretId: 'prod/db',
      SecretString: name,
      ClientRequestToken: token(name)
    })
  vault = await box.internal()
})

/** Whether a policy of these statements allows a request. */
async function lets(statements: object[], operation: OperationName, input: Input): Promise<boolean> {
  const id = input['SecretId'] as string | undefined
  const view = await vault.read()
  const found = id === undefined ? undefined : { secret: await view.secret(id), access: view.access }
  const policy = parsePolicy(
    JSON.stringify({ Statement: statements.map(one => ({ Action: '*', Resource: '*', ...one })) }),
    'identity'
  )
  const caller = {
    credential: { name: 'app', policy },
    region: 'local',
    home: 'local',
    now: Date.UTC(2027, 0, 1),
    address: '127.0.0.1',
    isSecure: false
  }
  const refused = await Promise.resolve()
    .then(() =>
      authorize(needsOf(operation, input, { region: 'local', account: ACCOUNT }, found), caller, ACCOUNT)
    )
    .then(
      () => undefined,
      (error: unknown) => failure(Promise.reject(error as Error))
    )
  if (refused) expect(refused.code).toBe('AccessDeniedException')
  return refused === undefined
}

const onlyIf = (Condition: object) => [{ Effect: 'Allow', Condition }]
const unless = (Condition: object) => [{ Effect: 'Allow' }, { Effect: 'Deny', Condition }]

describe('a policy about stages cannot be evaded by a VersionId', () => {
  const stage = 'secretsmanager:VersionStage'
  it.each([
    ['StringEquals', onlyIf({ StringEquals: { [stage]: 'AWSCURRENT' } })],
    ['ForAnyValue', onlyIf({ 'ForAnyValue:StringEquals': { [stage]: 'AWSCURRENT' } })],
    ['ForAllValues', onlyIf({ 'ForAllValues:StringEquals': { [stage]: 'AWSCURRENT' } })],
    ['IfExists', onlyIf({ StringEqualsIfExists: { [stage]: 'AWSCURRENT' } })],
    ['Deny of all others', unless({ StringNotEquals: { [stage]: 'AWSCURRENT' } })]
  ])('%s', async (_, statements) => {
    const may = (more: object) => lets(statements, 'GetSecretValue', { SecretId: 'prod/db', ...more })
    expect(await may({})).toBe(true)
    expect(await may({ VersionStage: 'AWSCURRENT' })).toBe(true)
    expect(await may({ VersionId: token('third') })).toBe(true)
    expect(await may({ VersionStage: 'AWSPREVIOUS' })).toBe(false)
    expect(await may({ VersionId: token('second') })).toBe(false)
    // a version without labels
    expect(await may({ VersionId: token('first') })).toBe(false)
    expect(await may({ VersionId: token('unknown') })).toBe(false)
  })

  it('nor by putting a version with more labels than the allowed one', async () => {
    const put = { SecretId: 'prod/db', SecretString: 'x', VersionStages: ['AWSPENDING', 'AWSCURRENT'] }
    expect(await lets(onlyIf({ StringEquals: { [stage]: 'AWSPENDING' } }), 'PutSecretValue', put)).toBe(false)
  })
})

it('a policy about a SecretId applies however the request names the secret', async () => {
  const statements = unless({ ArnEquals: { 'secretsmanager:SecretId': arn } })
  for (const SecretId of ['prod/db', arn, arn.slice(0, -7)])
    expect(await lets(statements, 'DescribeSecret', { SecretId })).toBe(false)
})

it('a policy about an omitted member applies to its default', async () => {
  const may = (condition: object, operation: OperationName, more: object = {}) =>
    lets(unless(condition), operation, { SecretId: 'prod/db', ...more })
  const window = { NumericGreaterThan: { 'secretsmanager:RecoveryWindowInDays': '20' } }
  expect(await may(window, 'DeleteSecret')).toBe(false)
  expect(await may(window, 'DeleteSecret', { RecoveryWindowInDays: 7 })).toBe(true)
  expect(await may(window, 'DeleteSecret', { ForceDeleteWithoutRecovery: true })).toBe(true)
  const force = { Bool: { 'secretsmanager:ForceDeleteWithoutRecovery': 'true' } }
  expect(await may(force, 'DeleteSecret')).toBe(true)
  expect(await may(force, 'DeleteSecret', { ForceDeleteWithoutRecovery: true })).toBe(false)
  const open = { Bool: { 'secretsmanager:BlockPublicPolicy': 'false' } }
  expect(await may(open, 'PutResourcePolicy', { ResourcePolicy: '{}' })).toBe(false)
  expect(await may(open, 'PutResourcePolicy', { ResourcePolicy: '{}', BlockPublicPolicy: true })).toBe(true)
})

it('a Deny about a tag applies even if another tag differs from it only in case', async () => {
  for (const value of ['red', 'blue']) {
    const statements = unless({ StringEquals: { 'aws:ResourceTag/TEAM': value } })
    expect(await lets(statements, 'DescribeSecret', { SecretId: 'prod/db' })).toBe(false)
  }
})

describe('a tag of another spelling does not meet a condition on a tag', () => {
  const tag = (Key: string, Value: string) => ({ Key, Value })
  const both = { SecretId: 'prod/db', Tags: [tag('team', 'blue'), tag('TEAM', 'red')] }

  it.each(['StringEquals', 'ForAnyValue:StringEquals', 'ForAllValues:StringEquals', 'StringLike'])(
    '%s',
    async operator => {
      const request = onlyIf({ [operator]: { 'aws:RequestTag/team': 'red' } })
      expect(await lets(request, 'TagResource', { ...both, Tags: [tag('team', 'red')] })).toBe(true)
      expect(await lets(request, 'TagResource', both)).toBe(false)
      // the secret has Team=red and team=blue
      for (const value of ['red', 'blue'])
        expect(
          await lets(onlyIf({ [operator]: { 'aws:ResourceTag/team': value } }), 'DescribeSecret', {
            SecretId: 'prod/db'
          })
        ).toBe(false)
    }
  )

  it('nor does one allowed key of several meet a condition on all of them', async () => {
    const keys = onlyIf({ StringEquals: { 'aws:TagKeys': 'team' } })
    expect(await lets(keys, 'TagResource', { SecretId: 'prod/db', Tags: [tag('team', 'x')] })).toBe(true)
    expect(await lets(keys, 'TagResource', both)).toBe(false)
    expect(await lets(keys, 'UntagResource', { SecretId: 'prod/db', TagKeys: ['team', 'owner'] })).toBe(false)
  })
})

it('an operation runs for the authorized secret, not for another created under its name since', async () => {
  const box = await makeVault()
  await box.api.createSecret({ Name: 'a', SecretString: 'old' })
  const inside = await box.internal()
  const checked = await (await inside.read()).secret('a')
  await box.api.deleteSecret({ SecretId: 'a', ForceDeleteWithoutRecovery: true })
  await box.api.createSecret({ Name: 'a', SecretString: 'new' })
  const asked = { SecretId: 'a' }
  expect((await call(inside, 'GetSecretValue', asked)).SecretString).toBe('new')
  expect((await failure(call(inside, 'GetSecretValue', pinToArn(asked, checked)))).code).toBe(
    'ResourceNotFoundException'
  )
  expect(pinToArn(asked, undefined)).toBe(asked)
})
