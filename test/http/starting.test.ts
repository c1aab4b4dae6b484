import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { failure, makeVault, scratch } from '../vault/fixture.js'
import { refusal, startTestServer } from './kit.js'
import { startServerProcess } from './process.js'
import { ask, bytesOf, signed } from './wire.js'

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
    // the interrupted write may have been committed too
    expect([acknowledged, `${round} ${number}`]).toContain(await get())
    expect(server.vault.status()).toBe('')
  }
})
