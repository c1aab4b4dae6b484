import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient
} from '@aws-sdk/client-secrets-manager'
import { beforeAll, expect, it } from 'vitest'
import { newCredential, type NewCredential } from '../../src/app/credentials.js'
import { makeSecret, makeVault } from '../vault/fixture.js'
import { refusal, startTestServer, type TestServer } from './kit.js'
import { ask, bytesOf, signed } from './wire.js'

const GOV = 'us-gov-west-1'
const GET = 'secretsmanager:GetSecretValue'
const OLD = `arn:aws:secretsmanager:${GOV}:000000000000:secret:old/db-AbCdEf`

let server: TestServer
let arn: string
beforeAll(async () => {
  const box = await makeVault('gov', GOV)
  await makeSecret(box, OLD)
  server = await startTestServer({ agentResources: ['new/*'] }, box)
  arn = (await box.api.createSecret({ Name: 'new/db', SecretString: 'x' })).ARN ?? ''
})

let number = 0
async function clientWith(grant: Partial<NewCredential>): Promise<SecretsManagerClient> {
  const base = { directory: server.vault.root, name: `user${++number}`, actions: [], resources: [] }
  const credentials = await newCredential({ ...base, ...grant })
  return new SecretsManagerClient({ endpoint: server.url, region: GOV, maxAttempts: 1, credentials })
}
const policy = (...Statement: object[]): Partial<NewCredential> => ({ policy: JSON.stringify({ Statement }) })
const ALL = { Effect: 'Allow', Action: '*', Resource: '*' }
const get = (SecretId: string) => new GetSecretValueCommand({ SecretId })
const denied = expect.objectContaining({ name: 'AccessDeniedException' })

it('a credential for names reads the secrets of the home region’s partition', async () => {
  const client = await clientWith({ actions: [GET], resources: ['new/*'] })
  for (const id of ['new/db', arn, arn.replace('aws-us-gov', 'aws')])
    expect(await client.send(get(id))).toMatchObject({ ARN: arn, SecretString: 'x' })
  expect(await refusal(client.send(get('other/none')))).toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(
      `User: arn:aws-us-gov:iam::000000000000:user/user${number} is not`
    ) as string
  })
})

it('a Deny of before also denies a secret with a new ARN, by whatever name, also before it exists', async () => {
  const Resource = `arn:aws:secretsmanager:${GOV}:*:secret:*`
  const client = await clientWith(policy(ALL, { ...ALL, Effect: 'Deny', Resource }))
  for (const id of ['new/db', arn, arn.slice(0, -7), 'old/db', OLD, 'new/none', `${arn.slice(0, -6)}xxxxxx`])
    expect(await refusal(client.send(get(id)))).toEqual(denied)
  expect(
    await refusal(client.send(new CreateSecretCommand({ Name: 'new/other', SecretString: 'x' })))
  ).toEqual(denied)
})

it('an Allow of before still allows the secrets of before', async () => {
  const client = await clientWith(policy({ ...ALL, Resource: `arn:aws:secretsmanager:*:*:secret:*` }))
  for (const id of ['old/db', OLD, OLD.replace('arn:aws:', 'arn:aws-us-gov:')])
    expect(await client.send(new DescribeSecretCommand({ SecretId: id }))).toMatchObject({ ARN: OLD })
  expect(await refusal(client.send(get('new/db')))).toEqual(denied)
})

it.each(['aws', 'aws-us-gov'])(
  'a resource policy names the caller with the partition %s',
  async partition => {
    const admin = await clientWith(policy(ALL))
    const client = await clientWith(policy({ ...ALL, Action: 'secretsmanager:ListSecrets' }))
    const AWS = `arn:${partition}:iam::000000000000:user/user${number}`
    const ResourcePolicy = JSON.stringify({ Statement: { ...ALL, Principal: { AWS } } })
    await admin.send(new PutResourcePolicyCommand({ SecretId: 'new/db', ResourcePolicy }))
    expect(await client.send(get('new/db'))).toMatchObject({ SecretString: 'x' })
  }
)

it('GetCallerIdentity has the partition of the home region, whatever the region of the request', async () => {
  const keys = { accessKeyId: 'GVAKAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) }
  await newCredential({
    directory: server.vault.root,
    name: 'app',
    actions: [],
    resources: [],
    keys,
    ...policy(ALL)
  })
  for (const region of [GOV, 'us-east-1', 'cn-north-1']) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'Action=GetCallerIdentity&Version=2011-06-15'
    const wire = signed({ url: server.url, ...keys, service: 'sts', body, headers, region })
    const answer = await ask(server.url, bytesOf(wire))
    expect(answer.body).toContain('<Arn>arn:aws-us-gov:iam::000000000000:user/app</Arn>')
  }
})

it('the agent reads the names that it was started for', async () => {
  const headers = { 'X-Aws-Parameters-Secrets-Token': server.env('GIT_VAULT_AGENT_TOKEN') }
  const read = (id: string) => fetch(`${server.url}/secretsmanager/get?secretId=${id}`, { headers })
  expect(await (await read('new/db')).json()).toMatchObject({ ARN: arn })
  expect((await read('old/db')).status).toBe(400)
})
