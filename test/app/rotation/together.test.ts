import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServing } from '../../../src/app/serve.js'
import { callService } from '../../../src/http/serviceClient.js'
import { removeFunction } from '../../../src/app/rotation/functions.js'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { testFunction } from '../../../src/app/rotation/testFunction.js'
import { openVault, VaultError } from '../../../src/index.js'
import { call } from '../../../src/operations/call.js'
import { takeLock } from '../../../src/system/files/lock.js'
import { noteToken, rotationLockIn } from '../../../src/system/git/rotationLock.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { account, functions, passwordOf, register, startStore, type Store } from './kit.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))
const RotationLambdaARN = 'plain'

beforeAll(async () => {
  box = await makeVault()
  store = await startStore()
  await register(box, 'plain', { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] })
})

let made = 0
let SecretId: string
let ARN: string
beforeEach(async () => {
  SecretId = `together/${++made}`
  await account(box, store, SecretId)
  ARN = (await box.api.describeSecret({ SecretId })).ARN!
  chaos('', '')
})

const rotate = (ClientRequestToken = token(`r${SecretId}`), more: object = {}) =>
  box.api.rotateSecret({ SecretId, RotationLambdaARN, ClientRequestToken, ...more })

async function failed(work: Promise<unknown>): Promise<VaultError> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'rejected' && outcome.reason instanceof VaultError) return outcome.reason
  throw new Error(`not a failure: ${JSON.stringify(outcome)}`)
}

const failure = async () => (await rotationStatus(await box.internal(), SecretId, box.root)).LastFailure?.step

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 20))
}

const INCOMPLETE = "A previous rotation isn't complete. That rotation will be reattempted."

describe('a lock that another process holds', () => {
  it.each([{}, { RotateImmediately: false }])('is an error: nothing was run (%j)', async more => {
    const lock = await takeLock(rotationLockIn(box.root, ARN), 0)
    const error = await failed(rotate(undefined, more)).finally(() => lock.release())
    expect(error).toMatchObject({
      code: 'RepositoryBusy',
      message: `another process is rotating ${SecretId}, or testing that`
    })
    expect(await passwordOf(box, SecretId)).toBe(`first of ${SecretId}`)
  })

  it('for the same rotation is none, and its next request waits for it', async () => {
    chaos('before createSecret', 'throw')
    await failed(rotate())
    const folder = rotationLockIn(box.root, ARN)
    const lock = await takeLock(folder, 0)
    noteToken(folder, token(`r${SecretId}`))
    const [same, next] = await Promise.all([rotate(), failed(rotate(token('next')))]).finally(() =>
      lock.release()
    )
    expect(same).toMatchObject({ VersionId: token(`r${SecretId}`) })
    expect(next).toMatchObject({
      message: INCOMPLETE,
      hint: 'another process is rotating it: wait for it to end'
    })
  })
})

describe('a rotation that is cancelled', () => {
  it('in another process writes nothing more', async () => {
    rmSync(`${CHAOS}.waits`, { force: true })
    chaos('before finishSecret', 'wait')
    const running = failed(rotate())
    await until(() => existsSync(`${CHAOS}.waits`))
    const other = await openVault(box.options)
    await other.cancelRotateSecret({ SecretId })
    chaos('', '')
    const error = await running
    expect(error.message).toContain(`failed at finishSecret`)
    expect(error.message).toContain(`AccessDeniedException: the rotation of ${SecretId} was cancelled`)
    expect((await box.api.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
      [token(SecretId)]: ['AWSCURRENT'],
      [token(`r${SecretId}`)]: ['AWSPENDING']
    })
    expect(await failure()).toBeUndefined()
  })

  it('has no failure any more, and a test changes none', async () => {
    chaos('before setSecret', 'throw')
    await failed(rotate())
    expect(await failure()).toBe('setSecret')
    await testFunction(await box.internal(), 'plain', SecretId)
    expect(await failure()).toBe('setSecret')
    chaos('before testSecret', 'throw')
    await failed(testFunction(await box.internal(), 'plain', SecretId))
    expect(await failure()).toBe('setSecret')
    await box.api.cancelRotateSecret({ SecretId })
    expect(await failure()).toBeUndefined()
  })

  it('ends with all runs of its secret, and one test at most waits, for all who ask', async () => {
    const vault = await box.internal()
    chaos('after finishSecret', 'hang')
    const asked = { SecretId, RotationLambdaARN, ClientRequestToken: token('hangs') }
    const first = failed(call(vault, 'RotateSecret', asked))
    await until(async () => (await box.api.getSecretValue({ SecretId })).VersionId === token('hangs'))
    const test = {
      ...{ arn: ARN, name: SecretId, region: 'local', token: token('test'), testsOnly: true },
      ...{ function: 'plain', functionArn: 'plain' }
    }
    const second = failed(vault.rotator!.start(test))
    const third = failed(vault.rotator!.start({ ...test, token: token('again') }))
    await vault.rotator!.cancel(ARN)
    expect((await first).message).toContain('it was stopped')
    expect((await second).message).toContain('it was stopped')
    expect(await third).toBe(await second)
  })
})

describe('a server', () => {
  it('answers each request that only tests as the service does, however many come at once', async () => {
    const notices: string[] = []
    const server = await startServing({
      ...{ directory: box.root, host: '127.0.0.1', port: 0, hosts: [], maxConnections: 64 },
      ...{ printsSecrets: true, passphrase: () => Promise.reject(new Error('asked')) },
      notice: line => notices.push(line),
      ready: async () => undefined,
      log: async () => undefined,
      clock: box.clock
    })
    const [accessKeyId = '', secretAccessKey = ''] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(
      name => server.environment.get(name)
    )
    const access = { url: server.url, region: 'local', accessKeyId, secretAccessKey }
    const ask = (name: string): Promise<object> =>
      callService(
        access,
        'RotateSecret',
        { SecretId, RotationLambdaARN, RotateImmediately: false, ClientRequestToken: token(name) },
        box.clock.now()
      )
    try {
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map(ask))
      for (const answer of answers) expect(answer).toEqual({ ARN, Name: SecretId })
      await ask('e')
    } finally {
      await server.stop()
    }
    expect(notices.filter(line => !line.includes('it was stopped'))).toEqual([])
  })
})

describe('a rotation that is not run again', () => {
  beforeEach(async () => {
    chaos('before setSecret', 'throw')
    await failed(rotate())
  })

  it('because it was cancelled: the hint takes its label away', async () => {
    await box.api.cancelRotateSecret({ SecretId })
    expect(await failed(rotate(token('next')))).toMatchObject({
      message: INCOMPLETE,
      hint: `git-vault label ${SecretId} AWSPENDING --remove`
    })
  })

  it('because its function is not registered here: the hint registers it', async () => {
    await removeFunction(await box.internal(), 'plain')
    expect(await failed(rotate(token('next')))).toMatchObject({
      message: INCOMPLETE,
      hint: 'register it for this vault: git-vault function add plain'
    })
  })
})
