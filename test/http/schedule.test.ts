import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { account, functions, passwordOf, register, startStore, type Store } from '../app/rotation/kit.js'
import { until } from '../app/follow/kit.js'
import { PROGRAM } from '../cli/drive.js'
import { DAY, makeVault, scratch, token, type TestVault } from '../vault/fixture.js'
import { startTestServer } from './kit.js'

const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

let box: TestVault
let store: Store
beforeEach(async () => {
  chaos('', '')
  rmSync(`${CHAOS}.waits`, { force: true })
  box = await makeVault()
  store = await startStore()
  await register(box, 'plain', { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] })
  box.clock.time = Date.now() - 2 * DAY
  for (const SecretId of ['one', 'two']) {
    await account(box, store, SecretId)
    await box.api.rotateSecret({
      ...{ SecretId, RotationLambdaARN: 'plain', RotationRules: { AutomaticallyAfterDays: 2 } },
      ...{ RotateImmediately: false, ClientRequestToken: token(`set up ${SecretId}`) }
    })
  }
})

const isRotated = async (SecretId: string): Promise<boolean> =>
  (await box.api.describeSecret({ SecretId })).LastRotatedDate !== undefined

it('answers requests while it rotates, one secret at a time, and logs a line for each', async () => {
  chaos('after setSecret', 'wait')
  const server = await startTestServer({ rotates: true }, box)
  const client = server.client()
  await until(() => existsSync(`${CHAOS}.waits`))
  for (const SecretId of ['one', 'two'])
    expect(await client.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({ Name: SecretId })
  const begun = await Promise.all(
    ['one', 'two'].map(async SecretId => {
      const { VersionIdsToStages } = await box.api.describeSecret({ SecretId })
      return Object.keys(VersionIdsToStages!).length
    })
  )
  expect(begun).toEqual([2, 1])
  chaos('', '')
  await until(() => isRotated('two'))
  const lines = () => server.logged.filter(line => line.includes('"rotation"'))
  await until(() => lines().length === 2)
  for (const [at, secret] of ['one', 'two'].entries()) {
    expect(JSON.parse(lines()[at]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      ...{
        rotation: 'rotated',
        secret,
        function: 'plain',
        version: expect.any(String),
        ms: expect.any(Number)
      }
    })
    expect(await passwordOf(box, secret)).toBe(store.passwords.get(secret))
  }
  expect(server.notices.filter(line => !line.startsWith('this computer'))).toEqual([])
})

it('stops in the middle of a rotation, and continues it after the next start at once', async () => {
  chaos('after setSecret', 'hang')
  const server = await startTestServer({ rotates: true }, box)
  await until(() => store.passwords.get('one') !== 'first of one')
  await server.stop()
  expect(await isRotated('one')).toBe(false)
  chaos('', '')
  const again = await startTestServer({ rotates: true }, box)
  await until(async () => (await isRotated('one')) && (await isRotated('two')))
  await again.stop()
  expect(await passwordOf(box, 'one')).toBe(store.passwords.get('one'))
})

it('git-vault serve --rotate ends on SIGTERM while it waits for the next window', async () => {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--rotate', '--port', '0'], {
    cwd: box.root,
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let log = ''
  child.stderr.on('data', chunk => (log += String(chunk)))
  await until(() => /"rotation":"rotated","secret":"two"/.test(log))
  child.kill('SIGTERM')
  const code = await new Promise(resolve => child.once('close', resolve))
  expect(code).toBe(0)
})

it('without --rotate, a server rotates nothing by itself', async () => {
  const server = await startTestServer({}, box)
  await server.client().send(new GetSecretValueCommand({ SecretId: 'one' }))
  await server.stop()
  expect(await isRotated('one')).toBe(false)
})
