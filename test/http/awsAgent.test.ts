import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { failure, scratch } from '../vault/fixture.js'
import { startTestServer, type TestServer } from './kit.js'
import { ask, bytesOf, get as getFrom, signed } from './wire.js'

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

describe('a token of one’s own', () => {
  const write = (text: string) => {
    const path = join(scratch('token'), 'token')
    fs.writeFileSync(path, text)
    return path
  }
  async function accepted(options: { agentTokenFile?: string }, value?: string) {
    if (value !== undefined) process.env['AWS_TOKEN'] = value
    const own = await startTestServer(options, server.vault)
    expect(process.env['AWS_TOKEN']).toBeUndefined()
    expect([...own.environment.keys()].includes('GIT_VAULT_AGENT_TOKEN')).toBe(
      !value && options.agentTokenFile === undefined
    )
    const tokens = ['test', 'a`token;$(of) 20 characters', 'x'.repeat(20), `file://${value}`]
    const found: string[] = []
    for (const each of tokens)
      if ((await getFrom(own.url, '/v1/prod/db', { 'x-vault-token': each })).status === 200) found.push(each)
    await own.stop()
    return { found, isWarned: own.notices.join('\n').includes('shorter than 16 characters') }
  }

  it('is in a file, or in AWS_TOKEN, as itself or as file:// and a path', async () => {
    const long = 'x'.repeat(20)
    expect(await accepted({ agentTokenFile: write(`${long}\n`) })).toEqual({ found: [long], isWarned: false })
    expect(await accepted({}, long)).toEqual({ found: [long], isWarned: false })
    expect(await accepted({}, `file://${write(`${long}\r\n`)}`)).toEqual({ found: [long], isWarned: false })
    expect(await accepted({}, 'test')).toEqual({ found: ['test'], isWarned: true })
    expect(await accepted({ agentTokenFile: write('test') }, long)).toEqual({
      found: ['test'],
      isWarned: true
    })
    expect(await accepted({}, '')).toEqual({ found: [], isWarned: false })
  })

  it('that is none is refused, and not shown', async () => {
    for (const text of ['', ' \n', 'a b', 'a\u0001', 'ä', 'x'.repeat(5_000)]) {
      const agentTokenFile = write(text)
      const refused = await failure(startTestServer({ agentTokenFile }, server.vault))
      expect(refused).toEqual({
        code: 'Usage',
        message: `invalid agent token in ${agentTokenFile}: use 1 to 4096 printable ASCII characters without spaces`
      })
    }
    expect(
      (await failure(startTestServer({ agentTokenFile: join(scratch(), 'none') }, server.vault))).code
    ).toBe('FileFailed')
  })
})

it('an access key of any length signs', async () => {
  const keys = { accessKeyId: 'test', secretAccessKey: 't' }
  await newCredential({ directory: server.vault.root, name: 'test', actions: ['*'], resources: ['*'], keys })
  const request = signed({ url: server.url, ...keys, target: 'ListSecrets' })
  expect((await ask(server.url, bytesOf(request))).status).toBe(200)
})
