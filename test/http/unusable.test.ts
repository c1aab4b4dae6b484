import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand
} from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { refusal, startTestServer, type TestServer } from './kit.js'

/** A secret that fails verification does not keep the endpoint from answering for the others. */

const path = 'vault/secrets/bad/stages.yaml'
const FAILED = { ErrorCode: 'InternalServiceError', Message: 'An error occurred on the server side.' }
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  for (const Name of ['a', 'bad', 'c'])
    await server.vault.api.createSecret({
      Name,
      SecretString: `value ${Name}`,
      Tags: [{ Key: 'k', Value: 'v' }]
    })
  server.vault.write(path, `<<<<<<< HEAD\n${server.vault.read(path)}`)
})

describe('a secret that fails verification', () => {
  it('is left out of a list, on every page, and the server says so', async () => {
    const client = server.client()
    const names: (string | undefined)[] = []
    let NextToken: string | undefined
    do {
      const page = await client.send(new ListSecretsCommand({ MaxResults: 1, NextToken }))
      for (const { Name } of page.SecretList ?? []) names.push(Name)
      ;({ NextToken } = page)
    } while (NextToken !== undefined)
    expect(names).toEqual(['a', 'c'])
    expect(server.notices).toContain(
      `skipped: ${path}: it contains merge conflict markers; mend it with: git-vault resolve bad`
    )
  })

  it('is in Errors of a batch, without a word on its files', async () => {
    const client = server.client()
    const { SecretValues, Errors } = await client.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['a', 'bad', 'c', 'none'] })
    )
    expect(SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['value a', 'value c'])
    expect(Errors).toEqual([
      { SecretId: 'bad', ...FAILED },
      expect.objectContaining({ SecretId: 'none', ErrorCode: 'ResourceNotFoundException' })
    ])
    const Filters = [{ Key: 'tag-key' as const, Values: ['k'] }]
    const filtered = await client.send(new BatchGetSecretValueCommand({ Filters }))
    expect(filtered.SecretValues?.map(({ Name }) => Name)).toEqual(['a', 'c'])
  })

  it('is not told to a caller who may not read it', async () => {
    const credentials = await newCredential({
      directory: server.vault.root,
      name: 'limited',
      actions: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
      resources: ['a']
    })
    const client = server.client({ credentials })
    const { SecretValues, Errors } = await client.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['a', 'bad'] })
    )
    expect(SecretValues?.map(({ Name }) => Name)).toEqual(['a'])
    expect(Errors?.map(({ ErrorCode }) => ErrorCode)).toEqual(['AccessDeniedException'])
  })

  it('fails by itself, and the log has the reason', async () => {
    const client = server.client()
    for (const command of [
      () => client.send(new GetSecretValueCommand({ SecretId: 'bad' })),
      () => client.send(new DescribeSecretCommand({ SecretId: 'bad' }))
    ])
      expect(await refusal(command())).toMatchObject({ name: 'InternalServiceError', status: 500 })
    expect(server.logged.join('')).toContain(`DocumentRefused: ${path}`)
    expect((await client.send(new GetSecretValueCommand({ SecretId: 'c' }))).SecretString).toBe('value c')
  })
})
