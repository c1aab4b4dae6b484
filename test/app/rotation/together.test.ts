import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
      message: `another process is running a rotation function for ${SecretId}`
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
    expect(error.message).toContain('AccessDeniedException: the rotation of [redacted] was cancelled')
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

  it('ends with all runs of its secret, and one test waits at most', async () => {
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
    expect(await failed(vault.rotator!.start({ ...test, token: token('again') }))).toMatchObject({
      code: 'RepositoryBusy',
      message: `a test of the rotation of ${SecretId} is waiting already`
    })
    await vault.rotator!.cancel(ARN)
    for (const error of [await first, await second]) expect(error.message).toContain('it was stopped')
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
