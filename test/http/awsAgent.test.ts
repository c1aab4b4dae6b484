import { beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './kit.js'
import { ask, get as getFrom } from './wire.js'

let server: TestServer
let version = ''
beforeAll(async () => {
  server = await startTestServer()
  const made = await server.vault.api.createSecret({ Name: 'prod/db', SecretString: 'value "1"' })
  version = made.VersionId ?? ''
  await server.vault.api.createSecret({ Name: 'binary', SecretBinary: new Uint8Array([0, 255]) })
  await server.vault.api.createSecret({ Name: 'a+b', SecretString: '"CreatedDate":1.000}' })
})

const token = () => ({ 'X-Aws-Parameters-Secrets-Token': server.env('GIT_VAULT_AGENT_TOKEN') })
const get = (path: string, headers: Record<string, string> = token()) => getFrom(server.url, path, headers)

describe("the agent's protocol", () => {
  it('returns a value', async () => {
    const { status, body, headers } = await get('/secretsmanager/get?secretId=prod/db')
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' })
    expect(JSON.parse(body)).toEqual({
      ARN: expect.stringMatching(/^arn:aws:secretsmanager:local:000000000000:secret:prod\/db-/) as string,
      Name: 'prod/db',
      VersionId: version,
      SecretString: 'value "1"',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: expect.stringMatching(/^\d{10}\.\d{3}$/) as string
    })
    for (const path of [
      '/v1/prod/db',
      '/v1/prod%2Fdb',
      `/secretsmanager/get?secretId=prod%2Fdb&versionId=${version}&versionStage=AWSCURRENT&refreshNow=true`,
      '/v1/prod/db?refreshNow=False&versionStage=AWSCURRENT'
    ])
      expect((await get(path)).body, path).toBe(body)
    expect((await get('/v1/prod/db', { 'x-vault-token': server.env('GIT_VAULT_AGENT_TOKEN') })).body).toBe(
      body
    )
    expect(JSON.parse((await get('/v1/binary')).body)).toMatchObject({ SecretBinary: 'AP8=' })
    expect(JSON.parse((await get('/v1/a+b')).body)).toMatchObject({ SecretString: '"CreatedDate":1.000}' })
  })

  it('returns the new value after a put', async () => {
    await server.vault.api.createSecret({ Name: 'moving', SecretString: '0' })
    for (let round = 1; round <= 10; round++) {
      await server.vault.api.putSecretValue({ SecretId: 'moving', SecretString: `${round}` })
      expect(JSON.parse((await get('/v1/moving')).body)).toMatchObject({ SecretString: `${round}` })
    }
  })

  it('answers /ping without a token', async () => {
    expect(await get('/ping', {})).toMatchObject({ status: 200, body: 'healthy' })
    expect(await get('/ping')).toMatchObject({ status: 200, body: 'healthy' })
    expect(await get('/ping', { 'x-forwarded-for': '1.2.3.4' })).toMatchObject({
      status: 400,
      body: 'Forwarded'
    })
  })

  const bad = { 'X-Vault-Token': 'x' }
  const forwarded = { 'X-Forwarded-For': '10.0.0.1' }
  const right = () => token()
  it.each([
    [
      'forwarded, before any other error',
      'POST',
      '/nothing',
      () => ({ ...bad, ...forwarded }),
      400,
      'Forwarded'
    ],
    ['a bad token before the method', 'POST', '/nothing', () => bad, 403, 'Bad Token'],
    ['no token', 'GET', '/v1/prod/db', () => ({}), 403, 'Bad Token'],
    ['an empty token', 'GET', '/v1/prod/db', () => ({ 'x-vault-token': '' }), 403, 'Bad Token'],
    ['the method before the path', 'PUT', '/nothing', right, 405, 'Not allowed'],
    ['HEAD', 'HEAD', '/v1/prod/db', right, 405, ''],
    ['POST', 'POST', '/v1/prod/db', right, 405, 'Not allowed'],
    ['an unknown path', 'GET', '/nothing', right, 404, 'Not found'],
    ['the root', 'GET', '/', right, 404, 'Not found'],
    ['no secret', 'GET', '/secretsmanager/get', right, 400, 'missing parameter secretId'],
    [
      'no secret, before an unknown parameter',
      'GET',
      '/secretsmanager/get?a=1',
      right,
      400,
      'missing parameter secretId'
    ],
    ['no secret in the path', 'GET', '/v1/', right, 400, 'missing parameter secretId'],
    [
      'a repeated parameter',
      'GET',
      '/secretsmanager/get?secretId=a&secretId=b',
      right,
      400,
      'repeated parameter'
    ],
    ['an unknown parameter', 'GET', '/v1/a?region=x&refreshNow=9', right, 400, 'unknown parameter: region'],
    [
      'refreshNow',
      'GET',
      '/secretsmanager/get?secretId=a&refreshNow=9',
      right,
      400,
      'invalid refreshNow value'
    ]
  ])('%s', async (_, method, path, headers, status, body) => {
    const lines = Object.entries<string>(headers()).map(([name, value]) => `${name}: ${value}\r\n`)
    const text = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${lines.join('')}content-length: 0\r\n\r\n`
    if (method === 'HEAD') expect((await headOf(text)).startsWith('HTTP/1.1 405 ')).toBe(true)
    else
      expect(await ask(server.url, text)).toMatchObject({
        status,
        body,
        headers: { 'content-type': 'text/plain' }
      })
  })

  /** The head of a reply. A reply to HEAD has a Content-Length but no body. */
  async function headOf(text: string): Promise<string> {
    const { connect } = await import('node:net')
    return new Promise((resolve, reject) => {
      let got = ''
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text))
      socket.on('data', chunk => (got += String(chunk)))
      socket.on('error', reject)
      socket.on('close', () => resolve(got))
    })
  }

  it.each([
    ['/v1/nothing', 'ResourceNotFoundException', "Secrets Manager can't find the specified secret."],
    [
      '/v1/prod/db?versionStage=NONE',
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret value for staging label: NONE"
    ],
    [
      '/v1/a%20b',
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
    ]
  ])('a service error: %s', async (path, code, message) => {
    const reply = await get(path)
    expect({ status: reply.status, body: JSON.parse(reply.body) as unknown }).toEqual({
      status: 400,
      body: { __type: code, message }
    })
  })

  it('refuses invalid percent-encoding', async () => {
    for (const path of ['/v1/%ff', '/v1/%', '/secretsmanager/get?secretId=%zz'])
      expect((await get(path)).status, path).toBe(400)
  })

  it('reads only what its policy allows, and nothing that a resource policy denies', async () => {
    const narrow = await startTestServer({ agentResources: ['prod/*'] })
    await narrow.vault.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
    await narrow.vault.api.createSecret({ Name: 'test/db', SecretString: 'two' })
    const read = async (name: string) =>
      getFrom(narrow.url, `/v1/${name}`, { 'x-vault-token': narrow.env('GIT_VAULT_AGENT_TOKEN') })
    expect(await read('prod/db')).toMatchObject({ status: 200 })
    const refused = await read('test/db')
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.body)).toMatchObject({ __type: 'AccessDeniedException' })
    const Statement = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*'
    }
    await narrow.vault.api.putResourcePolicy({
      SecretId: 'prod/db',
      ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement })
    })
    expect(JSON.parse((await read('prod/db')).body)).toMatchObject({
      message: expect.stringContaining('with an explicit deny in a resource-based policy') as string
    })
  })

  it('can be turned off', async () => {
    const without = await startTestServer({ agentResources: undefined })
    expect(without.env('GIT_VAULT_AGENT_TOKEN')).toBe('')
    expect(await getFrom(without.url, '/v1/a', { 'x-vault-token': '' })).toMatchObject({ status: 403 })
    expect(await getFrom(without.url, '/ping')).toMatchObject({ status: 200 })
  })

  it('logs neither values nor its token', () => {
    const log = server.logged.join('')
    expect(log).toContain('"key":"agent"')
    expect(log).not.toContain(server.env('GIT_VAULT_AGENT_TOKEN'))
    expect(log).not.toContain('value')
  })
})
