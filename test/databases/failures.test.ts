import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rotationStatus } from '../../src/app/rotation/status.js'
import { VaultError } from '../../src/index.js'
import { register } from '../app/rotation/kit.js'
import { processesIn } from '../removeFolder.js'
import { makeVault, scratch, token, type TestVault } from '../vault/fixture.js'
import { accountOf, createAccount, until } from './kit.js'
import { startPostgres, type Account, type Postgres } from './postgres.js'

/*
 * Functions that misbehave between the service and a real database. How each failure is reported and masked is tested in
 * test/app/rotation/failures.test.ts.
 */

let postgres: Postgres
let box: TestVault
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

beforeAll(async () => {
  postgres = await startPostgres()
  box = await makeVault()
  const node = fileURLToPath(new URL('chaotic.mjs', import.meta.url))
  await register(box, 'chaotic', { node, env: [`CHAOS=${CHAOS}`] })
  // enough for the steps that do not hang, also on a busy machine
  await register(box, 'hasty', { node, env: [`CHAOS=${CHAOS}`], timeout: 6_000 })
})
afterAll(() => postgres.stop())

let made = 0
let SecretId: string
let old: Account
beforeEach(async () => {
  SecretId = `failing/${++made}`
  old = await createAccount(box, postgres, SecretId, `failing_${made}`, '')
})

const newToken = (): string => token(`new ${SecretId}`)

const rotate = (name = 'chaotic', ClientRequestToken = newToken()) =>
  box.api.rotateSecret({ SecretId, RotationLambdaARN: name, ClientRequestToken })

/** Rotates, expects that it fails, and that AWSCURRENT is as it was. Returns the error. */
async function failed(step: string, name?: string): Promise<VaultError> {
  const [outcome] = await Promise.allSettled([rotate(name)])
  const error: unknown = outcome.status === 'rejected' ? outcome.reason : undefined
  if (!(error instanceof VaultError)) throw new Error(`not a failure: ${JSON.stringify(outcome)}`)
  expect(error).toMatchObject({ code: 'RotationFailed' })
  expect(error.message).toContain(`failed at ${step}: `)
  expect((await accountOf(box, SecretId)).password).toBe(old.password)
  expect((await box.api.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
    [token(SecretId)]: ['AWSCURRENT'],
    [newToken()]: ['AWSPENDING']
  })
  expect(await rotationStatus(await box.internal(), SecretId, box.root)).toMatchObject({
    IsRunning: false,
    LastFailure: { step }
  })
  // no session of the function is left at the database
  const sessions = 'SELECT 1 FROM pg_stat_activity WHERE usename = $1'
  await until(async () => (await postgres.query(sessions, [old.username])).length === 0)
  return error
}

/** Rotates again, and expects that the new password works, and the old one no longer does. */
async function expectRotated(ClientRequestToken?: string): Promise<void> {
  await rotate('chaotic', ClientRequestToken)
  const present = await accountOf(box, SecretId)
  expect(present.password).not.toBe(old.password)
  expect([await postgres.accepts(present), await postgres.accepts(old)]).toEqual([true, false])
  box.expectClean()
}

/** Takes back the value that a function stored: no later run can use it. */
async function discardPending(): Promise<void> {
  await box.api.cancelRotateSecret({ SecretId })
  const label = { VersionStage: 'AWSPENDING', RemoveFromVersionId: newToken() }
  await box.api.updateSecretVersionStage({ SecretId, ...label })
}

describe('AWSCURRENT is as it was, and works at the database, if a function', () => {
  it.each([
    ['hang in a transaction', 'hasty', 'it took longer than 6 s'],
    ['die in a transaction', 'chaotic', 'it was ended by SIGKILL (9)']
  ])('changes the password, and then: %s', async (what, name, reason) => {
    chaos('instead setSecret', what)
    expect((await failed('setSecret', name)).message).toContain(reason)
    // the database has undone it
    expect(await postgres.accepts(old)).toBe(true)
    chaos('', '')
    await expectRotated()
  })

  it.each(['say success and do nothing', 'move the label elsewhere'])(
    'fails in its last step: %s',
    async what => {
      chaos('instead finishSecret', what)
      await failed('finishSecret')
      const pending = await accountOf(box, SecretId, 'AWSPENDING')
      expect([await postgres.accepts(pending), await postgres.accepts(old)]).toEqual([true, false])
      chaos('', '')
      await expectRotated()
    }
  )

  it('stores more than a value may have', async () => {
    chaos('instead createSecret', 'store more than fits')
    await failed('createSecret')
    expect(await postgres.accepts(old)).toBe(true)
    chaos('', '')
    await expectRotated()
  })

  it('stores nonsense', async () => {
    chaos('instead createSecret', 'store no JSON')
    await failed('setSecret')
    expect(await postgres.accepts(old)).toBe(true)
    chaos('', '')
    // the nonsense stays until somebody takes its label away
    await failed('setSecret')
    await discardPending()
    await expectRotated(token(`later ${SecretId}`))
  })

  it('leaves a process behind', async () => {
    chaos('after createSecret', 'leave a process behind')
    await failed('createSecret')
    expect(processesIn(dirname(CHAOS))).toEqual([])
    expect(await postgres.accepts(old)).toBe(true)
    chaos('', '')
    await expectRotated()
  })
})

it('the label does not move if a function sets another password than it stored', async () => {
  chaos('instead setSecret', 'set another password')
  await failed('testSecret')
  await postgres.query(`ALTER USER "${old.username}" PASSWORD '${old.password}'`)
  chaos('', '')
  await expectRotated()
})

it('a flood on both streams is bounded, and shows no value', async () => {
  chaos('after setSecret', 'flood both streams')
  const { message } = await failed('setSecret')
  expect(message.length).toBeLessThan(6_000)
  const pending = await accountOf(box, SecretId, 'AWSPENDING')
  expect(message).not.toContain(pending.password)
  expect(await postgres.accepts(pending)).toBe(true)
  chaos('', '')
  await expectRotated()
})
