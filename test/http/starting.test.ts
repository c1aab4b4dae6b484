import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import * as fs from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { failure, makeVault, scratch, secretString } from '../vault/fixture.js'
import { keysOf, refusal, startTestServer } from './kit.js'
import { startServerProcess } from './process.js'
import { ask, bytesOf, errorOf, signed } from './wire.js'

describe('starting', () => {
  it('without a credential, and nowhere to print one, refuses every request until one is created', async () => {
    const server = await startTestServer({ printsSecrets: false })
    expect(server.env('AWS_ACCESS_KEY_ID')).toBe('')
    expect(server.notices.join('\n')).toContain('create one with git-vault credential new')
    const keys = { accessKeyId: 'GVAKAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) }
    const get = new GetSecretValueCommand({ SecretId: 'a' })
    const client = server.client({ credentials: keys })
    expect(await refusal(client.send(get))).toMatchObject({ name: 'UnrecognizedClientException' })
    await newCredential({
      directory: server.vault.root,
      name: 'late',
      actions: ['*'],
      resources: ['*'],
      keys
    })
    expect(await refusal(client.send(get))).toMatchObject({ name: 'ResourceNotFoundException' })
    await server.stop()
    // if one exists, no temporary one is made
    const again = await startTestServer({}, server.vault)
    expect(again.env('AWS_ACCESS_KEY_ID')).toBe('')
    expect(await refusal(again.client({ credentials: keys }).send(get))).toMatchObject({
      name: 'ResourceNotFoundException'
    })
  })

  it('fails with the reason, and does not listen', async () => {
    const vault = await makeVault()
    const server = await startTestServer({}, vault)
    const port = Number(new URL(server.url).port)
    expect(await failure(startTestServer({ port }, vault))).toEqual({
      code: 'FileFailed',
      message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`
    })
    expect((await failure(startTestServer({ directory: scratch() }, vault))).code).toBe('VaultNotFound')
    const tls = { cert: join(scratch(), 'none'), key: join(scratch(), 'none') }
    expect((await failure(startTestServer({ tls }, vault))).code).toBe('FileFailed')
  })

  it('in a process: only the owner can read the environment file, and SIGTERM stops it cleanly', async () => {
    const vault = await makeVault()
    vault.clock.now = () => Date.now()
    await vault.api.createSecret({ Name: 'known', SecretString: 'planted value' })
    const server = await startServerProcess(vault.root)
    expect((fs.statSync(server.environment).mode & 0o777).toString(8)).toBe('600')
    const read = signed({ ...server.keys, target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    expect(JSON.parse((await ask(server.keys.url, bytesOf(read))).body)).toMatchObject({
      SecretString: 'planted value'
    })
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(server.output()).toBe(`ready ${server.keys.url}\nstopped\n`)
    expect(server.log()).toContain('"operation":"GetSecretValue","secret":"known","status":200')
    for (const secret of ['planted value', server.keys.secretAccessKey]) {
      expect(server.log()).not.toContain(secret)
      expect(server.output()).not.toContain(secret)
    }
  })
})

describe('after a restart', () => {
  const KEYS = { accessKeyId: 'GVAKAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) }

  it('a request that was sent to whoever had the port before is refused, until its second has passed', async () => {
    const vault = await makeVault()
    await vault.api.createSecret({ Name: 'known', SecretString: 'one' })
    const { root: directory } = vault
    await newCredential({ directory, name: 'app', actions: ['*'], resources: ['*'], keys: KEYS })
    const starting = startTestServer({}, vault)
    const captured = Date.now()
    const server = await starting
    const send = (target: string, time: number, expires?: number) =>
      ask(
        server.url,
        bytesOf(
          signed({
            url: server.url,
            ...KEYS,
            target,
            time,
            body: JSON.stringify({ SecretId: 'known' }),
            ...(expires === undefined ? {} : { expires })
          })
        )
      )
    for (const target of ['GetSecretValue', 'DeleteSecret'])
      for (const [time, expires] of [[captured], [captured - 60_000], [captured - 60_000, 3_600]] as const) {
        const { status, code, message } = errorOf(await send(target, time, expires))
        expect({ status, code }).toEqual({ status: 400, code: 'InvalidSignatureException' })
        expect(message).toMatch(
          /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(when this server started\)$/
        )
      }
    expect((await send('GetSecretValue', Date.now())).status).toBe(200)
  })

  it('that is the first start with any credential, a client need not wait', async () => {
    const server = await startTestServer()
    const read = signed({ ...keysOf(server), target: 'ListSecrets' })
    expect((await ask(server.url, bytesOf(read))).status).toBe(200)
  })
})

it('forgets the variables that hold the identity once it has read them', async () => {
  const vault = await makeVault()
  await vault.api.createSecret({ Name: 'known', SecretString: 'one' })
  const variables = {
    GIT_VAULT_IDENTITY: secretString(),
    GIT_VAULT_PASSPHRASE: 'x',
    GIT_VAULT_IDENTITY_COMMAND: 'y'
  }
  Object.assign(process.env, variables)
  const server = await startTestServer({}, vault)
  expect(Object.keys(process.env).filter(name => name in variables)).toEqual([])
  const { SecretString } = await server.client().send(new GetSecretValueCommand({ SecretId: 'known' }))
  expect(SecretString).toBe('one')
})

it('SIGUSR1 opens no debugger, and SIGQUIT stops it without a core dump', async () => {
  const vault = await makeVault()
  const port = await freePort()
  const server = await startServerProcess(vault.root, { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` })
  server.child.kill('SIGUSR1')
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(await ask(server.keys.url, 'GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n')).toMatchObject({
    status: 200
  })
  expect(await isOpen(port)).toBe(false)
  expect(server.log()).not.toContain('Debugger')
  server.child.kill('SIGQUIT')
  expect(await server.ended).toEqual({ code: 0, signal: null })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

it('an interrupted write is completed before the next answer', async () => {
  const server = await startTestServer()
  const client = server.client()
  await server.vault.api.createSecret({ Name: 'cut', SecretString: '0' })
  const get = async () => (await client.send(new GetSecretValueCommand({ SecretId: 'cut' }))).SecretString
  for (let round = 1; round <= 6; round++) {
    const writer = await startServerProcess(server.vault.root)
    let number = 0
    const put = async () => {
      const SecretString = `${round} ${++number}`
      const body = JSON.stringify({ SecretId: 'cut', SecretString, ClientRequestToken: crypto.randomUUID() })
      return ask(writer.keys.url, bytesOf(signed({ ...writer.keys, target: 'PutSecretValue', body })))
    }
    const present = await get()
    const writing = (async () => {
      // on a slow machine possibly none is acknowledged in time
      let last = present
      for (;;) {
        const reply = await put().catch(() => undefined)
        if (reply?.status !== 200) return last
        last = `${round} ${number}`
      }
    })()
    await new Promise(resolve => setTimeout(resolve, 200 + Math.random() * 150))
    writer.child.kill('SIGKILL')
    const acknowledged = await writing
    // it closes its connections a little before it is dead, and a living writer's work is its own
    await writer.ended
    // the interrupted write may have been committed too
    expect([acknowledged, `${round} ${number}`]).toContain(await get())
    expect(server.vault.status()).toBe('')
  }
})
