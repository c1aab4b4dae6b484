import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { log } from '../../../src/vault/log/log.js'
import { VaultError } from '../../../src/index.js'
import { call } from '../../../src/operations/call.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { account, functions, passwordOf, register, startStore, type Store } from './kit.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

beforeAll(async () => {
  box = await makeVault()
  store = await startStore()
  const plain = { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] }
  await register(box, 'plain', plain)
  await register(box, 'hasty', { ...plain, timeout: 1_000 })
  await box.api.createSecret({ Name: 'other', SecretString: 'of another secret' })
  await register(box, 'reader', { ...plain, reads: ['other'] })
})

let made = 0
let SecretId: string
beforeEach(async () => {
  SecretId = `failing/${++made}`
  await account(box, store, SecretId)
})

/** Rotates, and returns the error. */
async function failed(name: string, more: object = {}): Promise<VaultError> {
  const asked = { SecretId, RotationLambdaARN: name, ClientRequestToken: token(`r${SecretId}`), ...more }
  const [outcome] = await Promise.allSettled([box.api.rotateSecret(asked)])
  if (outcome.status === 'rejected' && outcome.reason instanceof VaultError) return outcome.reason
  throw new Error(`not a failure: ${JSON.stringify(outcome)}`)
}

const status = async () => rotationStatus(await box.internal(), SecretId, box.root)

describe('a function that fails', () => {
  it.each([
    ['throw', 'before', 'it ended with exit code 1'],
    ['die', 'before', 'it was ended by SIGKILL (9)'],
    ['flood', 'before', 'it ended with exit code 1'],
    ['never answer', 'before', 'it ended with exit code 1'],
    ['nothing', 'instead', 'it ended with exit code 1']
  ])('in setSecret (%s) leaves the labels as they were', async (what, when, reason) => {
    chaos(`${when} ${what === 'nothing' ? 'createSecret' : 'setSecret'}`, what)
    const first = await passwordOf(box, SecretId)
    const error = await failed('plain')
    expect(error.code).toBe('RotationFailed')
    expect(error.message).toContain(
      `the rotation of ${SecretId} failed at setSecret: function "plain": ${reason}`
    )
    for (const text of [error.message, JSON.stringify(await status())]) {
      expect(text).not.toContain(first)
      expect(text.length).toBeLessThan(6_000)
    }
    expect((await box.api.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
      [token(SecretId)]: ['AWSCURRENT'],
      [token(`r${SecretId}`)]: ['AWSPENDING']
    })
    expect(await status()).toMatchObject({
      IsRunning: false,
      PendingVersionId: token(`r${SecretId}`),
      LastFailure: { step: 'setSecret', reason, function: 'plain' }
    })
    expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
  })

  it('is run again by the next RotateSecret, which answers with the service’s error', async () => {
    chaos('before setSecret', 'throw')
    const first = await passwordOf(box, SecretId)
    await failed('plain')

    chaos('', '')
    // another token: the service's error, and the rotation that was left is done first
    await expect(box.api.rotateSecret({ SecretId })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted.",
      hint: 'it was reattempted, and is complete'
    })
    const second = await passwordOf(box, SecretId)
    expect(second).not.toBe(first)
    expect(store.passwords.get(SecretId)).toBe(second)
    expect(await status()).not.toHaveProperty('LastFailure')
  })

  it('by kill -9 at each step is run again until it is complete', async () => {
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      for (const when of ['before', 'after']) {
        chaos(`${when} ${step}`, 'die')
        expect((await failed('plain')).message).toContain(
          `failed at ${step}: function "plain": it was ended by SIGKILL (9)`
        )
        const isEmpty = step === 'createSecret' && when === 'before'
        const working = [await passwordOf(box, SecretId)]
        if (!isEmpty) working.push(await passwordOf(box, SecretId, 'AWSPENDING'))
        expect(working).toContain(store.passwords.get(SecretId))
      }
    }
    chaos('', '')
    // AWSCURRENT had moved: the rotation was complete, and nothing runs again
    const before = box.head()
    const request = { SecretId, ClientRequestToken: token(`r${SecretId}`) }
    expect(await box.api.rotateSecret(request)).toMatchObject({ VersionId: token(`r${SecretId}`) })
    expect(box.head()).toBe(before)
    expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
    expect((await box.api.describeSecret({ SecretId })).LastRotatedDate).toBeInstanceOf(Date)
  })

  it('by taking too long is killed, with what it started', async () => {
    chaos('before createSecret', 'hang')
    const { message } = await failed('hasty')
    expect(message).toContain('failed at createSecret: function "hasty": it took longer than 1 s')
    chaos('', '')
    // the same token resumes it
    await box.api.rotateSecret({
      SecretId,
      RotationLambdaARN: 'plain',
      ClientRequestToken: token(`r${SecretId}`)
    })
    expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
  })

  it('by doing nothing in finishSecret is reported', async () => {
    chaos('instead finishSecret', 'nothing')
    const { message } = await failed('plain')
    expect(message).toContain('failed at finishSecret')
    expect(message).toContain('the function did not move AWSCURRENT to the new version')
    expect(await box.api.describeSecret({ SecretId })).not.toHaveProperty('LastRotatedDate')
  })

  it('in another region has a hint that names the region', async () => {
    const there = (await box.internal()).inRegion('eu-west-1')
    const value = { SecretString: '{}', ClientRequestToken: token('made') }
    await call(there, 'CreateSecret', { Name: 'elsewhere', ...value })
    const rotate = call(there, 'RotateSecret', {
      ...{ SecretId: 'elsewhere', RotationLambdaARN: 'plain', ClientRequestToken: token('elsewhere') }
    })
    await expect(rotate).rejects.toMatchObject({
      code: 'RotationFailed',
      hint: 'git-vault rotation status elsewhere --region eu-west-1'
    })
  })

  it('shows the values of no version, also those that it printed itself', async () => {
    store.passwords.set(SecretId, 'changed by hand')
    chaos('instead setSecret', 'nothing')
    const { message } = await failed('plain')
    const pending = await passwordOf(box, SecretId, 'AWSPENDING')
    expect(message).toContain('cannot log in with [redacted]')
    expect(message).not.toContain(pending)
    expect(JSON.stringify(await status())).not.toContain(pending)
  })
})

describe('a function', () => {
  it('has nothing of the caller’s identity in its environment, and knows how long it has', async () => {
    chaos('before createSecret', 'environment')
    process.env['GIT_VAULT_PASSPHRASE'] = 'x'
    process.env['AWS_PROFILE'] = 'mine'
    process.env['MY_TOKEN'] = 'x'
    const { message } = await failed('plain').finally(() => {
      for (const name of ['GIT_VAULT_PASSPHRASE', 'AWS_PROFILE', 'MY_TOKEN']) delete process.env[name]
    })
    const line = message.split('\n').find(each => each.includes('"env"'))
    const { env, left, name } = JSON.parse(line!) as {
      env: Record<string, string>
      left: number
      name: string
    }
    expect(name).toBe('plain')
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(300_000)
    // the store of this test has the same address, which is in the secret
    expect(env['SECRETS_MANAGER_ENDPOINT']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(env['AWS_ENDPOINT_URL_SECRETS_MANAGER']).toBe(env['SECRETS_MANAGER_ENDPOINT'])
    expect([env['AWS_REGION'], env['AWS_DEFAULT_REGION']]).toEqual(['local', 'local'])
    expect(env['AWS_SECRET_ACCESS_KEY']).toBe('[redacted]')
    const allowed =
      /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|CHAOS|SECRETS_MANAGER_ENDPOINT|LAMBDA_TASK_ROOT|USERPROFILE|NO_PROXY|no_proxy|AWS_(?:ENDPOINT_URL_SECRETS_MANAGER|REGION|DEFAULT_REGION|ACCESS_KEY_ID|SECRET_ACCESS_KEY|CONFIG_FILE|SHARED_CREDENTIALS_FILE|EC2_METADATA_DISABLED|LAMBDA_FUNCTION_NAME))$/
    expect(Object.keys(env).filter(each => !allowed.test(each))).toEqual([])
    // gone afterwards
    await expect(fetch(env['SECRETS_MANAGER_ENDPOINT']!)).rejects.toThrow()
  })

  it('may do no more than rotate this secret', async () => {
    chaos('before createSecret', 'overreach')
    const { message } = await failed('plain')
    for (const operation of ['DeleteSecret', 'TagResource', 'GetSecretValue', 'ListSecrets', 'RotateSecret'])
      expect(message).toContain(`${operation} AccessDeniedException`)
    expect(message).not.toContain('allowed')
  })

  it('may read no other secret because its resource policy allows that to a credential of the same name', async () => {
    const Statement = [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::000000000000:user/rotation' },
        Action: 'secretsmanager:*',
        Resource: '*'
      }
    ]
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement })
    await box.api.putResourcePolicy({ SecretId: 'other', ResourcePolicy })
    chaos('before createSecret', 'overreach')
    const { message } = await failed('plain')
    await box.api.deleteResourcePolicy({ SecretId: 'other' })
    expect(message).toContain('GetSecretValue AccessDeniedException')
    expect(message).not.toContain('allowed')
  })

  it('may read another secret if the user allowed it, whatever the value of its own says', async () => {
    chaos('before createSecret', 'overreach')
    expect((await failed('reader')).message).toContain('GetSecretValue allowed')
  })
})

describe('RotateImmediately=false', () => {
  it('[DOC, VER] tests the current value on a version that is gone afterwards, and changes no value', async () => {
    chaos('', '')
    const before = box.commits()
    const answer = await box.api.rotateSecret({
      SecretId,
      RotationLambdaARN: 'plain',
      RotationRules: { AutomaticallyAfterDays: 7 },
      RotateImmediately: false
    })
    expect(answer).not.toHaveProperty('VersionId')
    expect(box.commits()).toBe(before + 1)
    const described = await box.api.describeSecret({ SecretId })
    expect(described).toMatchObject({
      RotationEnabled: true,
      VersionIdsToStages: { [token(SecretId)]: ['AWSCURRENT'] }
    })
    expect(described).not.toHaveProperty('LastRotatedDate')
    const { Versions } = await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
    expect(Versions).toHaveLength(1)
  })

  it('fails if the current value does not work', async () => {
    chaos('', '')
    store.passwords.set(SecretId, 'changed by hand')
    const { message } = await failed('plain', { RotateImmediately: false })
    expect(message).toContain(`the test of the rotation of ${SecretId} failed at testSecret`)
  })
})

it('the log says the step and the function of each write', async () => {
  chaos('', '')
  await box.api.rotateSecret({
    SecretId,
    RotationLambdaARN: 'plain',
    ClientRequestToken: token(`r${SecretId}`)
  })
  const messages = box.git('log', '-3', '--format=%B%x00').split('\0').slice(0, 3)
  expect(
    messages.map(text =>
      /^\n?(\w+)[^]*?Rotation-Function: (\w+)(?:\nRotation-Step: (\w+))?/.exec(text)?.slice(1)
    )
  ).toEqual([
    ['UpdateSecretVersionStage', 'plain', 'finishSecret'],
    ['PutSecretValue', 'plain', 'createSecret'],
    ['RotateSecret', 'plain', undefined]
  ])
  const shown: unknown[] = []
  for await (const entry of log(await box.internal(), { secretId: SecretId, limit: 3 }))
    shown.push([entry.operation, entry.signed, entry.rotation])
  expect(shown).toEqual([
    ['UpdateSecretVersionStage', true, { function: 'plain', step: 'finishSecret' }],
    ['PutSecretValue', true, { function: 'plain', step: 'createSecret' }],
    ['RotateSecret', true, { function: 'plain' }]
  ])
})
