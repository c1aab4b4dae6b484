import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
  UpdateSecretCommand
} from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, it } from 'vitest'
import { newCredential, removeCredential, type NewCredential } from '../../src/app/credentials.js'
import { addKey } from '../../src/vault/team/team.js'
import { admit } from '../vault/people.js'
import { refusal, startTestServer, type TestServer } from './kit.js'

let server: TestServer
const arns: Record<string, string> = {}
beforeAll(async () => {
  server = await startTestServer()
  for (const [Name, team] of [
    ['prod/db', 'red'],
    ['prod/web', 'blue'],
    ['test/db', 'red']
  ] as const) {
    const made = await server.vault.api.createSecret({
      Name,
      SecretString: `value of ${Name}`,
      Tags: [{ Key: 'Team', Value: team }]
    })
    arns[Name] = made.ARN ?? ''
  }
})

let number = 0
const USER = () => `arn:aws:iam::000000000000:user/user${number}`

/** A client with a new credential that is allowed only what `grant` allows. */
async function clientWith(grant: Partial<NewCredential>): Promise<SecretsManagerClient> {
  const name = `user${++number}`
  const made = await newCredential({
    directory: server.vault.root,
    name,
    actions: [],
    resources: [],
    ...grant
  })
  return new SecretsManagerClient({
    endpoint: server.url,
    region: 'local',
    maxAttempts: 1,
    credentials: made
  })
}
const policy = (...Statement: object[]): Partial<NewCredential> => ({
  policy: JSON.stringify({ Version: '2012-10-17', Statement })
})
const get = (SecretId: string, more: object = {}) => new GetSecretValueCommand({ SecretId, ...more })
const GET = 'secretsmanager:GetSecretValue'
const denied = (message: string) => ({ name: 'AccessDeniedException', status: 400, message })

describe('a client with a credential', () => {
  it('may call only the allowed actions, only on the allowed resources', async () => {
    const client = await clientWith({ actions: [GET], resources: ['prod/*'] })
    for (const id of ['prod/db', arns['prod/web']!, arns['prod/db']!.slice(0, -7)])
      expect((await client.send(get(id))).SecretString).toMatch(/^value of prod/)
    expect(await refusal(client.send(get('test/db')))).toEqual(
      denied(
        `User: ${USER()} is not authorized to perform: ${GET} on resource: ${arns['test/db']} because no ` +
          `identity-based policy allows the ${GET} action`
      )
    )
    for (const command of [
      new DescribeSecretCommand({ SecretId: 'prod/db' }),
      new PutSecretValueCommand({ SecretId: 'prod/db', SecretString: 'x' }),
      new DeleteSecretCommand({ SecretId: 'prod/db' }),
      new ListSecretsCommand({}),
      new GetRandomPasswordCommand({}),
      new CreateSecretCommand({ Name: 'prod/new', SecretString: 'x' })
    ])
      expect(await refusal(client.send(command as never))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('learns that a secret does not exist only if it may read it', async () => {
    const client = await clientWith({ actions: [GET], resources: ['prod/*'] })
    expect(await refusal(client.send(get('prod/nothing')))).toMatchObject({
      name: 'ResourceNotFoundException'
    })
    expect(await refusal(client.send(get('test/nothing')))).toEqual(
      denied(
        `User: ${USER()} is not authorized to perform: ${GET} on resource: test/nothing because no identity-based ` +
          `policy allows the ${GET} action`
      )
    )
  })

  it('for one name has no access to a longer name that begins with it', async () => {
    const client = await clientWith({ actions: ['secretsmanager:*'], resources: ['prod/db'] })
    await client.send(get('prod/db'))
    await server.vault.api.createSecret({ Name: 'prod/db-extra', SecretString: 'x' })
    expect(await refusal(client.send(get('prod/db-extra')))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('is subject to conditions on stages and tags', async () => {
    const staged = await clientWith(
      policy({
        Effect: 'Allow',
        Action: GET,
        Resource: '*',
        Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } }
      })
    )
    const before = await server.vault.api.putSecretValue({ SecretId: 'test/db', SecretString: 'second' })
    const { VersionId: previous } = await server.vault.api.getSecretValue({
      SecretId: 'test/db',
      VersionStage: 'AWSPREVIOUS'
    })
    await staged.send(get('test/db'))
    await staged.send(get('test/db', { VersionStage: 'AWSCURRENT' }))
    await staged.send(get('test/db', { VersionId: before.VersionId }))
    for (const more of [{ VersionStage: 'AWSPREVIOUS' }, { VersionId: previous }])
      expect(await refusal(staged.send(get('test/db', more)))).toMatchObject({
        name: 'AccessDeniedException'
      })

    const tagged = await clientWith(
      policy({
        Effect: 'Allow',
        Action: GET,
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/Team': 'red' } }
      })
    )
    await tagged.send(get('prod/db'))
    expect(await refusal(tagged.send(get('prod/web')))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('is denied by a Deny, whatever else allows it', async () => {
    const client = await clientWith(
      policy(
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: GET, Resource: 'arn:aws:secretsmanager:*:*:secret:prod/web-*' }
      )
    )
    await client.send(get('prod/db'))
    expect(await refusal(client.send(get('prod/web')))).toEqual(
      denied(
        `User: ${USER()} is not authorized to perform: ${GET} on resource: ${arns['prod/web']} with an explicit ` +
          'deny in an identity-based policy'
      )
    )
  })

  it('is allowed or denied by a resource policy, from the next request on', async () => {
    const client = await clientWith({ actions: ['secretsmanager:ListSecrets'], resources: ['*'] })
    const set = async (Effect: string) =>
      server.vault.api.putResourcePolicy({
        SecretId: 'prod/web',
        ResourcePolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: { Effect, Principal: { AWS: USER() }, Action: GET, Resource: '*' }
        })
      })
    expect(await refusal(client.send(get('prod/web')))).toMatchObject({ name: 'AccessDeniedException' })
    await set('Allow')
    expect((await client.send(get('prod/web'))).SecretString).toBe('value of prod/web')
    await set('Deny')
    expect((await refusal(client.send(get('prod/web')))).message).toMatch(
      /explicit deny in a resource-based policy$/
    )
    await server.vault.api.deleteResourcePolicy({ SecretId: 'prod/web' })
    expect(await refusal(client.send(get('prod/web')))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('gets only the allowed secrets of a batch', async () => {
    const client = await clientWith({
      actions: [GET, 'secretsmanager:BatchGetSecretValue', 'secretsmanager:ListSecrets'],
      resources: ['prod/*']
    })
    const ids = ['test/db', 'prod/db', 'prod/nothing', 'test/nothing']
    const { SecretValues, Errors } = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ids }))
    expect(SecretValues?.map(({ Name }) => Name)).toEqual(['prod/db'])
    expect(Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).toEqual([
      ['test/db', 'AccessDeniedException'],
      ['prod/nothing', 'ResourceNotFoundException'],
      ['test/nothing', 'AccessDeniedException']
    ])
    const filtered = await client.send(
      new BatchGetSecretValueCommand({ Filters: [{ Key: 'tag-value', Values: ['red'] }] })
    )
    expect(filtered.SecretValues?.map(({ Name }) => Name)).toEqual(['prod/db'])
    expect(filtered.Errors?.map(({ SecretId }) => SecretId)).toEqual([arns['test/db']])
    const none = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ['test/db'] }))
    expect(none.SecretValues).toEqual([])
    expect(none.Errors).toHaveLength(1)
  })

  it('needs another permission to create a secret with tags', async () => {
    const client = await clientWith({ actions: ['secretsmanager:CreateSecret'], resources: ['mine/*'] })
    await client.send(new CreateSecretCommand({ Name: 'mine/a', SecretString: 'x' }))
    const tagged = new CreateSecretCommand({
      Name: 'mine/b',
      SecretString: 'x',
      Tags: [{ Key: 'a', Value: 'b' }]
    })
    expect((await refusal(client.send(tagged))).message).toContain('secretsmanager:TagResource')
    expect(
      await refusal(client.send(new CreateSecretCommand({ Name: 'other/a', SecretString: 'x' })))
    ).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('is refused once its credential has expired or was removed', async () => {
    const late = await clientWith({ actions: [GET], resources: ['*'], expires: { at: Date.now() + 1_500 } })
    await late.send(get('prod/db'))
    await new Promise(resolve => setTimeout(resolve, 1_600))
    expect(await refusal(late.send(get('prod/db')))).toMatchObject({
      name: 'ExpiredTokenException',
      status: 400
    })
    const gone = await clientWith({ actions: [GET], resources: ['*'] })
    await gone.send(get('prod/db'))
    await removeCredential(server.vault.root, `user${number}`)
    expect(await refusal(gone.send(get('prod/db')))).toMatchObject({ name: 'UnrecognizedClientException' })
  })
})

describe('a resource policy that a member without decrypt set', () => {
  it('allows nobody, whoever signs the document later, and its Deny takes effect', async () => {
    const { api } = server.vault
    await api.createSecret({ Name: 'curated', SecretString: 'value of curated' })
    const curator = await admit(server.vault, 'curator', { default: 'manage' })
    const set = (by: 'curator' | 'reader', Effect: string) => {
      const Statement = { Effect, Principal: { AWS: USER() }, Action: GET, Resource: '*' }
      const request = { SecretId: 'curated', ResourcePolicy: JSON.stringify({ Statement }) }
      if (by === 'reader') return api.putResourcePolicy(request)
      return curator.call(server.vault, 'PutResourcePolicy', request)
    }
    const none = await clientWith({ actions: ['secretsmanager:ListSecrets'], resources: ['*'] })
    await set('curator', 'Allow')
    expect((await refusal(none.send(get('curated')))).message).toContain('because no identity-based policy')
    const batch = new BatchGetSecretValueCommand({ SecretIdList: ['curated'] })
    expect(await refusal(none.send(batch))).toMatchObject({ name: 'AccessDeniedException' })
    await api.tagResource({ SecretId: 'curated', Tags: [{ Key: 'a', Value: 'b' }] })
    expect((await refusal(none.send(get('curated')))).message).toContain('because no identity-based policy')
    await set('reader', 'Allow')
    expect((await none.send(get('curated'))).SecretString).toBe('value of curated')
    const tag = { SecretId: 'curated', Tags: [{ Key: 'c', Value: 'd' }] }
    await curator.call(server.vault, 'TagResource', tag)
    expect((await none.send(get('curated'))).SecretString).toBe('value of curated')

    const all = await clientWith({ actions: ['secretsmanager:*'], resources: ['*'] })
    await all.send(get('curated'))
    await set('curator', 'Deny')
    expect((await refusal(all.send(get('curated')))).message).toMatch(
      /with an explicit deny in a resource-based policy$/
    )
  })
})

describe('a forced replication over a secret', () => {
  it('needs DeleteSecret on that secret', async () => {
    const at = (region: string) => server.client({ region })
    await at('eu-1').send(new CreateSecretCommand({ Name: 'prod/db', SecretString: 'own' }))
    const grant = (...more: object[]) =>
      policy({ Effect: 'Allow', NotAction: 'secretsmanager:DeleteSecret', Resource: '*' }, ...more)
    const force = { AddReplicaRegions: [{ Region: 'eu-1' }], ForceOverwriteReplicaSecret: true }
    const replicate = new ReplicateSecretToRegionsCommand({ SecretId: 'prod/db', ...force })
    const create = new CreateSecretCommand({ Name: 'prod/x', SecretString: 'x', ...force })
    await at('eu-1').send(new CreateSecretCommand({ Name: 'prod/x', SecretString: 'own' }))
    const client = await clientWith(grant())
    for (const command of [replicate, create]) {
      const refused = await refusal(client.send(command as never))
      expect(refused.name).toBe('AccessDeniedException')
      expect(refused.message).toMatch(
        /not authorized to perform: secretsmanager:DeleteSecret on resource: arn:aws:secretsmanager:eu-1:\d+:secret:prod\//
      )
    }
    expect((await at('eu-1').send(get('prod/db'))).SecretString).toBe('own')
    // nothing to replace
    await client.send(
      new ReplicateSecretToRegionsCommand({
        ...force,
        SecretId: 'test/db',
        AddReplicaRegions: [{ Region: 'us-1' }]
      })
    )
    const Resource = 'arn:aws:secretsmanager:eu-1:*:secret:prod/*'
    const deleter = await clientWith(
      grant({ Effect: 'Allow', Action: 'secretsmanager:DeleteSecret', Resource })
    )
    await deleter.send(replicate)
    expect((await at('eu-1').send(get('prod/db'))).SecretString).toBe('value of prod/db')
  })
})

describe('a KmsKeyId other than the name’s own', () => {
  const create = (Name: string) =>
    new CreateSecretCommand({ Name, SecretString: 'x', KmsKeyId: 'alias/other' })
  const update = new UpdateSecretCommand({ SecretId: 'known', KmsKeyId: 'alias/other' })

  it('does not make the server change the access log, unless it was started so', async () => {
    const first = await startTestServer()
    const { api } = first.vault
    await api.createSecret({ Name: 'known', SecretString: 'one' })
    await addKey(await first.vault.internal(), 'other', ['other/**'], () => undefined)
    const log = first.vault.read('vault/access.yaml')
    for (const [name, command] of [
      ['new', create('new')],
      ['known', update]
    ] as const)
      expect(await refusal(first.client().send(command as never))).toEqual(
        denied(
          `The secret ${name} belongs to the key alias/default of this vault. This server may not change that: it was ` +
            'started without --allow-key-change.'
        )
      )
    await first.client().send(create('other/own'))
    expect(first.vault.read('vault/access.yaml')).toBe(log)

    const second = await startTestServer({ allowsKeyChange: true }, first.vault)
    await second.client().send(create('new'))
    await second.client().send(update)
    expect(first.vault.read('vault/access.yaml')).not.toBe(log)
    first.vault.expectClean()
  })
})

it('an invalid resource policy allows nobody, and its text is not sent to the client', async () => {
  const internal = await server.vault.internal()
  await server.vault.api.createSecret({ Name: 'broken', SecretString: 'x' })
  await internal.write('PutResourcePolicy', async draft => {
    const secret = await draft.secret('broken')
    const changed = draft.stamp(secret)
    draft.updateSecret(secret, { policy: { value: '{"Statement": 7}', changed } }, undefined, changed)
    draft.describe('broken', [])
  })
  expect(await refusal(server.client().send(get('broken')))).toEqual({
    name: 'InternalServiceError',
    message: 'An error occurred on the server side.',
    status: 500
  })
  expect(server.logged.join('')).toContain('DocumentRefused')
})

it('a document that was tampered with is reported only in the log', async () => {
  await server.vault.api.createSecret({ Name: 'forged', SecretString: 'x' })
  await server.client().send(get('forged'))
  const path = 'vault/secrets/forged/stages.yaml'
  server.vault.write(path, server.vault.read(path).replace('AWSCURRENT', 'AWSFORGED'))
  expect(await refusal(server.client().send(get('forged')))).toMatchObject({
    name: 'InternalServiceError',
    status: 500
  })
  expect(server.logged.join('')).toContain(`DocumentRefused: ${path}`)
})
