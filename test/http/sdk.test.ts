import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand
} from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { refusal, startTestServer, type TestServer } from './kit.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})

describe('the AWS SDK against the endpoint', () => {
  it('creates, puts, gets, describes and lists', async () => {
    const client = server.client()
    const created = await client.send(new CreateSecretCommand({ Name: 'prod/db', SecretString: 'one' }))
    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:local:000000000000:secret:prod\/db-\w{6}$/)
    const got = await client.send(new GetSecretValueCommand({ SecretId: 'prod/db' }))
    expect(got).toMatchObject({
      ARN: created.ARN,
      Name: 'prod/db',
      VersionId: created.VersionId,
      SecretString: 'one',
      VersionStages: ['AWSCURRENT']
    })
    expect(got.CreatedDate).toBeInstanceOf(Date)
    expect(got.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)

    const bytes = new Uint8Array([0, 255, 128, 10])
    await client.send(new PutSecretValueCommand({ SecretId: created.ARN, SecretBinary: bytes }))
    const binary = await client.send(new GetSecretValueCommand({ SecretId: 'prod/db' }))
    expect(binary.SecretBinary).toEqual(bytes)
    expect(binary.SecretString).toBeUndefined()
    const before = await client.send(
      new GetSecretValueCommand({ SecretId: 'prod/db', VersionStage: 'AWSPREVIOUS' })
    )
    expect(before.SecretString).toBe('one')
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'prod/db' }))
    expect(Object.keys(described.VersionIdsToStages ?? {})).toHaveLength(2)
    expect(described.LastAccessedDate).toEqual(new Date(new Date().toISOString().slice(0, 10)))
    const { SecretList } = await client.send(new ListSecretsCommand({}))
    expect(SecretList?.map(({ Name }) => Name)).toEqual(['prod/db'])
    const { RandomPassword } = await client.send(new GetRandomPasswordCommand({ PasswordLength: 20 }))
    expect(RandomPassword).toHaveLength(20)
    const { SecretValues, Errors } = await client.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['prod/db', 'none'] })
    )
    expect(SecretValues?.map(({ Name }) => Name)).toEqual(['prod/db'])
    expect(Errors).toMatchObject([{ SecretId: 'none', ErrorCode: 'ResourceNotFoundException' }])
  })

  it('sees what another process has committed, at once', async () => {
    const client = server.client()
    const other = await openVault({ directory: server.vault.root })
    await other.createSecret({ Name: 'followed', SecretString: '0' })
    for (let round = 1; round <= 30; round++) {
      const get = () => client.send(new GetSecretValueCommand({ SecretId: 'followed' }))
      await other.putSecretValue({ SecretId: 'followed', SecretString: `${round}` })
      for (let again = 0; again < 3; again++) expect((await get()).SecretString).toBe(`${round}`)
    }
  })

  it("returns the vault's errors with the service's texts", async () => {
    const client = server.client()
    expect(await refusal(client.send(new GetSecretValueCommand({ SecretId: 'nothing' })))).toEqual({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      status: 400
    })
    expect(
      await refusal(
        client.send(new PutSecretValueCommand({ SecretId: 'prod/db', SecretString: 'x'.repeat(65537) }))
      )
    ).toMatchObject({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value at 'secretString' failed to satisfy constraint: " +
        'Member must have length less than or equal to 65536'
    })
  })

  it('keeps regions apart', async () => {
    const client = server.client({ region: 'eu-west-1' })
    await client.send(new CreateSecretCommand({ Name: 'there', SecretString: 'x' }))
    const got = await client.send(new GetSecretValueCommand({ SecretId: 'there' }))
    expect(got.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:/)
    expect(
      await refusal(server.client().send(new GetSecretValueCommand({ SecretId: 'there' })))
    ).toMatchObject({
      name: 'ResourceNotFoundException'
    })
  })
})
