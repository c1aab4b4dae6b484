import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratch, token } from '../vault/fixture.js'
import { keysOf, startTestServer, type TestServer } from './kit.js'
import { ask, bytesOf, errorOf, get, Line, signed } from './wire.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.vault.api.createSecret({ Name: 'known', SecretString: 'one' })
})
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
async function alive(of: TestServer): Promise<void> {
  const client = of.client()
  await client.send(new GetSecretValueCommand({ SecretId: 'known' }))
  client.destroy()
}

describe('bodies', () => {
  it('the longest of the model is accepted', async () => {
    const SecretString = '\u0001'.repeat(65_536)
    const client = server.client()
    await client.send(new PutSecretValueCommand({ SecretId: 'known', SecretString }))
    expect((await client.send(new GetSecretValueCommand({ SecretId: 'known' }))).SecretString).toBe(
      SecretString
    )
    await client.send(new PutSecretValueCommand({ SecretId: 'known', SecretString: 'one' }))
  })

  it('over 1 MiB is refused, with or without a Content-Length', async () => {
    const line = new Line(server.url)
    line.send(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1048577\r\n\r\n`)
    const reply = await line.reply()
    expect(errorOf(reply!)).toMatchObject({ status: 413, code: 'ValidationException' })
    await line.closed()
    const chunked = new Line(server.url).send(
      'POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n'
    )
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (let sent = 0; sent < 17; sent++) chunked.send(chunk)
    expect(errorOf((await chunked.reply())!)).toMatchObject({ status: 413 })
    await chunked.closed()
  })

  it('100-continue is answered, except for a body that is too long', async () => {
    const wire = signed({ ...keysOf(server), target: 'ListSecrets' })
    const line = new Line(server.url)
    const whole = bytesOf(wire, ['expect: 100-continue'])
    const split = whole.indexOf('\r\n\r\n') + 4
    line.send(whole.subarray(0, split))
    expect((await line.reply())?.status).toBe(100)
    line.send(whole.subarray(split))
    expect((await line.reply())?.status).toBe(200)
    line.end()
    const long = new Line(server.url)
    long.send(
      'POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n'
    )
    expect((await long.reply())?.status).toBe(413)
    long.end()
  })

  it('may be chunked', async () => {
    const { headers, body } = signed({
      ...keysOf(server),
      target: 'GetSecretValue',
      body: '{"SecretId":"known"}'
    })
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const chunks = [...body].map(byte => `1\r\n${String.fromCharCode(byte)}\r\n`)
    const text = `POST / HTTP/1.1\r\n${lines.join('')}transfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`
    expect((await ask(server.url, text)).status).toBe(200)
  })
})

describe('headers', () => {
  it('over 16 KiB are refused', async () => {
    const reply = await ask(
      server.url,
      `POST / HTTP/1.1\r\nhost: localhost\r\nx-long: ${'x'.repeat(17_000)}\r\n\r\n`
    )
    expect(errorOf(reply)).toMatchObject({ status: 431, code: 'SerializationException' })
  })

  it.each([
    ['not HTTP', 'hello\r\n\r\n'],
    [
      'two Content-Lengths',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x'
    ],
    [
      'a Content-Length and chunks',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'
    ],
    ['a NUL', 'POST / HTTP/1.1\r\nhost: local\0host\r\n\r\n'],
    ['a bare line feed in a name', 'POST / HTTP/1.1\r\nhost: localhost\r\na\nb: c\r\n\r\n'],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')]
  ])('%s', async (_, bytes) => {
    expect(errorOf(await ask(server.url, bytes))).toMatchObject({
      status: 400,
      code: 'SerializationException'
    })
  })

  it.each([
    ['for another host', { host: 'evil.example' }],
    ['for another host at this port', { host: 'evil.example:2773' }],
    ['for another address', { host: '10.0.0.1' }],
    ['without a host', { host: '' }],
    ['from a web page', { origin: 'http://localhost' }],
    ['from an opaque web origin', { origin: 'null' }],
    ['from an image in a web page', { 'sec-fetch-site': 'cross-site' }]
  ])('a request %s is refused, even if it is signed correctly', async (_, headers) => {
    const wire = signed({ ...keysOf(server), headers })
    expect(errorOf(await ask(server.url, bytesOf(wire)))).toMatchObject({
      status: 400,
      code: 'AccessDeniedException'
    })
    const token = server.env('GIT_VAULT_AGENT_TOKEN')
    const lines = Object.entries({ host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`
    )
    expect(
      await ask(server.url, `GET /v1/known HTTP/1.1\r\n${lines.join('')}x-vault-token: ${token}\r\n\r\n`)
    ).toMatchObject({ status: 403, body: 'Forbidden' })
  })

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:99'])(
    'a request to %s is accepted',
    async host => {
      expect((await ask(server.url, bytesOf(signed({ ...keysOf(server), headers: { host } })))).status).toBe(
        200
      )
    }
  )

  it('a request to an allowed name is accepted', async () => {
    const named = await startTestServer({ hosts: ['vault.internal'] })
    const sent = async (host: string) =>
      (await ask(named.url, bytesOf(signed({ ...keysOf(named), headers: { host } })))).status
    expect(await sent('vault.internal:8080')).toBe(200)
    expect(await sent('vault.internal.evil.example')).toBe(400)
  })
})

describe('connections', () => {
  let few: TestServer
  beforeAll(async () => {
    few = await startTestServer({ maxConnections: 20 })
    await few.vault.api.createSecret({ Name: 'known', SecretString: 'one' })
  })

  it('are limited to 20, and the next ones are told so', async () => {
    const lines = Array.from({ length: 20 }, () => new Line(few.url))
    const request = bytesOf(
      signed({ ...keysOf(few), target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    )
    for (const line of lines) line.send(request)
    for (const line of lines) expect((await line.reply())?.status).toBe(200)
    expect(errorOf(await ask(few.url, request))).toEqual({
      status: 429,
      code: 'ThrottlingException',
      message: 'Connection limit exceeded'
    })
    expect(await get(few.url, '/v1/known', { 'x-forwarded-for': 'x' })).toMatchObject({
      status: 429,
      body: 'Connection limit exceeded'
    })
    // the open ones go on
    for (const line of lines) line.send(request)
    for (const line of lines) expect((await line.reply())?.status).toBe(200)
    for (const line of lines) line.end()
    await wait(50)
    expect((await ask(few.url, request)).status).toBe(200)
  })

  it('that have been unauthenticated for a second make room', async () => {
    const request = bytesOf(
      signed({ ...keysOf(few), target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    )
    const authenticated = new Line(few.url).send(request)
    expect((await authenticated.reply())?.status).toBe(200)
    const strangers = Array.from({ length: 40 }, () => new Line(few.url).send('POST / HTTP/1.1\r\nhost: lo'))
    await wait(1_200)
    expect((await ask(few.url, request)).status).toBe(200)
    authenticated.send(request)
    expect((await authenticated.reply())?.status).toBe(200)
    await strangers[0]!.closed()
    for (const line of [authenticated, ...strangers]) line.end()
    await wait(50)
  })

  it('that are opened endlessly are closed', async () => {
    const lines = Array.from({ length: 200 }, () => new Line(few.url))
    await wait(300)
    const open = lines.filter(line => !line.socket.destroyed).length
    expect(open).toBeLessThanOrEqual(20 + 32)
    for (const line of lines) line.end()
    await wait(50)
    await alive(few)
  })

  it('with too many pipelined requests are closed', async () => {
    // a write waits for the disk, and so do the writes behind it
    const puts = Array.from({ length: 100 }, (_, number) => {
      const body = JSON.stringify({ SecretId: 'known', SecretString: 'x', ClientRequestToken: token(number) })
      return bytesOf(signed({ ...keysOf(few), target: 'PutSecretValue', body }))
    })
    await new Line(few.url).send(Buffer.concat(puts)).closed()
    await alive(few)
  })

  it('that send slowly or incompletely delay nobody, and are closed', { timeout: 60_000 }, async () => {
    const half = bytesOf(signed({ ...keysOf(few), target: 'GetSecretValue', body: '{"SecretId":"known"}' }))
    const slow = Array.from({ length: 6 }, () => new Line(few.url))
    const timers = slow.map((line, number) => {
      let at = 0
      const text =
        number < 3 ? 'POST / HTTP/1.1\r\nhost: localhost\r\nx: ' : half.toString('latin1').slice(0, -3)
      if (number % 3 === 0) line.send(text)
      return setInterval(() => {
        if (number % 3 === 1) line.send(text.charAt(at++ % text.length))
        if (number < 3 && number % 3 === 0) line.send('x')
      }, 200)
    })
    const begun = Date.now()
    for (let round = 0; round < 20; round++) {
      const since = Date.now()
      await alive(few)
      expect(Date.now() - since).toBeLessThan(2_000)
    }
    // idle ones may stay for two minutes; slow ones have 10 s for their headers and 30 s for the whole request
    await Promise.all(slow.filter((_, number) => number % 3 !== 2).map(line => line.closed()))
    expect(Date.now() - begun).toBeLessThan(40_000)
    for (const timer of timers) clearInterval(timer)
    for (const line of slow) line.end()
  })
})

describe('asked to stop', () => {
  it('finishes the writes that have arrived, and accepts no more', async () => {
    const stopping = await startTestServer()
    await stopping.vault.api.createSecret({ Name: 'many', SecretString: '0' })
    const idle = new Line(stopping.url)
    const half = new Line(stopping.url).send('POST / HTTP/1.1\r\nhost: local')
    const lines = Array.from({ length: 8 }, () => new Line(stopping.url))
    for (const line of [idle, ...lines]) line.send('GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n')
    for (const line of [idle, ...lines]) expect((await line.reply())?.status).toBe(200)
    const puts = lines.map((line, number) => {
      const body = JSON.stringify({
        SecretId: 'many',
        SecretString: `${number}`,
        ClientRequestToken: token(number)
      })
      return line.send(bytesOf(signed({ ...keysOf(stopping), target: 'PutSecretValue', body })))
    })
    await wait(30)
    const stopped = stopping.stop()
    const replies = await Promise.all(puts.map(line => line.reply()))
    expect(replies.map(reply => reply?.status)).toEqual(lines.map(() => 200))
    expect(replies.at(-1)?.headers['connection']).toBe('close')
    await stopped
    await Promise.all([idle.closed(), half.closed(), ...lines.map(line => line.closed())])
    const { VersionIdsToStages = {} } = await stopping.vault.api.describeSecret({ SecretId: 'many' })
    const { Versions = [] } = await stopping.vault.api.listSecretVersionIds({
      SecretId: 'many',
      IncludeDeprecated: true
    })
    expect(Versions.map(({ VersionId }) => VersionId)).toEqual(
      expect.arrayContaining(lines.map((_, number) => token(number)))
    )
    expect(Object.keys(VersionIdsToStages)).toHaveLength(2)
    await expect(get(stopping.url, '/ping')).rejects.toThrow('closed without a reply')
    stopping.vault.expectClean()
  })

  it('does not cut off an answer that is still being read', async () => {
    const stopping = await startTestServer()
    const names = Array.from({ length: 10 }, (_, number) => `large${number}`)
    for (const Name of names)
      await stopping.vault.api.createSecret({ Name, SecretString: Name.padEnd(65_000, 'x') })
    const body = JSON.stringify({ SecretIdList: names })
    const request = bytesOf(signed({ ...keysOf(stopping), target: 'BatchGetSecretValue', body }))
    const line = new Line(stopping.url)
    line.socket.pause()
    const COUNT = 12
    for (let sent = 0; sent < COUNT; sent++) line.send(request)
    const unread = new Line(stopping.url).send(request)
    unread.socket.pause()
    const answered = () => stopping.logged.join('').split('BatchGetSecretValue').length - 1
    while (answered() < 3) await wait(10)
    const stopped = stopping.stop()
    await wait(200)
    line.socket.resume()
    for (let read = 0; read < COUNT; read++) {
      const reply = await line.reply()
      expect(reply?.status).toBe(200)
      expect((JSON.parse(reply!.body) as { SecretValues: unknown[] }).SecretValues).toHaveLength(10)
    }
    await stopped
    unread.end()
  })

  it('becomes idle in spite of unauthenticated connections', async () => {
    const idle = await startTestServer({ idleTimeout: 1_000 })
    const half = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{'
    const lines: Line[] = []
    const timer = setInterval(() => lines.push(new Line(idle.url).send(half)), 200)
    const outcome = await Promise.race([idle.isIdle.then(() => 'idle'), wait(8_000).then(() => 'awake')])
    clearInterval(timer)
    for (const line of lines) line.end()
    expect(outcome).toBe('idle')
  })

  it('becomes idle after a while without requests', async () => {
    const idle = await startTestServer({ idleTimeout: 400 })
    const since = Date.now()
    for (let round = 0; round < 4; round++) {
      await wait(150)
      await idle
        .client()
        .send(new GetSecretValueCommand({ SecretId: 'nothing' }))
        .catch(() => undefined)
    }
    // refused requests do not keep it awake
    const last = Date.now()
    const timer = setInterval(() => void get(idle.url, '/v1/nothing').catch(() => undefined), 50)
    await idle.isIdle
    clearInterval(timer)
    expect(Date.now() - since).toBeGreaterThanOrEqual(950)
    expect(Date.now() - last).toBeLessThan(5_000)
  })
})

describe('with TLS', () => {
  let secure: TestServer
  let cert: string
  beforeAll(async () => {
    const folder = scratch('tls')
    cert = join(folder, 'cert.pem')
    const key = join(folder, 'key.pem')
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', ['req', '-x509', ...options, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'pipe'
    })
    secure = await startTestServer({ tls: { cert, key }, maxConnections: 20 })
  })

  const ping = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request(`${secure.url}/ping`, { ca: fs.readFileSync(cert), agent: false }, reply => {
        reply.setEncoding('utf8').on('data', resolve)
      })
      asked.on('error', reject).end()
    })

  it('answers over TLS only', async () => {
    expect(secure.url).toMatch(/^https:/)
    expect(await ping()).toBe('healthy')
    await expect(get(secure.url, '/ping')).rejects.toThrow('closed without a reply')
  })

  it('unfinished handshakes keep nobody out, and are closed', async () => {
    const descriptors = () => fs.readdirSync('/proc/self/fd').length
    const before = descriptors()
    const silent = Array.from({ length: 100 }, () => new Line(secure.url))
    await wait(1_200)
    expect(await ping()).toBe('healthy')
    // a handshake may take 10 seconds
    await wait(10_000)
    expect(await ping()).toBe('healthy')
    await Promise.all(silent.map(line => line.closed()))
    await wait(100)
    if (process.platform === 'linux') expect(descriptors()).toBeLessThanOrEqual(before + 2)
  })
})
