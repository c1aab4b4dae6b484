import { RotateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import {
  account,
  arnOf,
  functions,
  passwordOf,
  register,
  startStore,
  type Store
} from '../app/rotation/kit.js'
import { scratch, token, type TestVault } from '../vault/fixture.js'
import { refusal, startTestServer, type TestServer } from './kit.js'

const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

let server: TestServer
let box: TestVault
let store: Store
let client: SecretsManagerClient
beforeAll(async () => {
  server = await startTestServer()
  box = server.vault
  client = server.client()
  store = await startStore()
  await register(box, 'plain', { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] })
})

/** Waits until something is so. The test's own timeout ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 50))
}

const rotate = (SecretId: string, ClientRequestToken: string, more: object = {}, by = client) =>
  by.send(new RotateSecretCommand({ SecretId, ClientRequestToken, ...more }))

const isRotated = async (SecretId: string): Promise<boolean> =>
  (await box.api.describeSecret({ SecretId })).LastRotatedDate !== undefined

it('answers at once, and rotates after it; a failure is told, and the next request reattempts it', async () => {
  const SecretId = 'served'
  await account(box, store, SecretId)
  chaos('before testSecret', 'throw')
  const first = await passwordOf(box, SecretId)
  const asked = { RotationLambdaARN: arnOf('plain'), RotationRules: { AutomaticallyAfterDays: 30 } }
  expect(await rotate(SecretId, token('one'), asked)).toMatchObject({
    Name: SecretId,
    VersionId: token('one')
  })
  expect(await passwordOf(box, SecretId)).toBe(first)
  const isTold = () =>
    server.notices.some(line => line.startsWith('the rotation of served failed at testSecret'))
  await until(async () => isTold())
  expect(server.notices.join()).not.toContain(store.passwords.get(SecretId))

  chaos('', '')
  expect(await refusal(rotate(SecretId, token('two')))).toEqual({
    name: 'InvalidRequestException',
    message: "A previous rotation isn't complete. That rotation will be reattempted.",
    status: 400
  })
  await until(() => isRotated(SecretId))
  expect((await box.api.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
    [token('one')]: ['AWSCURRENT', 'AWSPENDING'],
    [token('served')]: ['AWSPREVIOUS']
  })
  expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
})

it('a server that stops ends the function, and another one finishes the rotation', async () => {
  const SecretId = 'stopped'
  await account(box, store, SecretId)
  chaos('after setSecret', 'hang')
  const other = await startTestServer({}, box)
  await rotate(SecretId, token('three'), { RotationLambdaARN: 'plain' }, other.client())
  await until(async () => store.passwords.get(SecretId) !== `first of ${SecretId}`)
  await other.stop()
  chaos('', '')
  // the same token resumes it
  await rotate(SecretId, token('three'))
  await until(() => isRotated(SecretId))
  expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
})
