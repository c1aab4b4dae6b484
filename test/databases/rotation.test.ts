import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { arnOf } from '../app/rotation/kit.js'
import { makeVault, token, type TestVault } from '../vault/fixture.js'
import {
  accountOf,
  addFunction,
  createAccount,
  createMaster,
  FUNCTIONS,
  gitVault,
  serve,
  until,
  usePython,
  type Serving
} from './kit.js'
import { startPostgres, type Postgres } from './postgres.js'

/*
 * Functions that could be deployed to Lambda as they are, in the shape of AWS's templates for PostgreSQL, through RotateSecret
 * at the endpoint and on the command line. The database is a real one: it says which passwords work.
 */

let postgres: Postgres
let box: TestVault
let serving: Serving
let masterArn: string
beforeAll(async () => {
  usePython()
  postgres = await startPostgres()
  box = await makeVault()
  box.clock.now = () => Date.now()
  masterArn = await createMaster(box, postgres)
  for (const each of FUNCTIONS) await addFunction(box, each)
  serving = await serve(box)
})
afterAll(async () => {
  await serving.stop()
  await postgres.stop()
})

const lastRotated = async (SecretId: string): Promise<number> =>
  (await box.api.describeSecret({ SecretId })).LastRotatedDate?.getTime() ?? 0

/** The ways to start a rotation. Each returns once it is complete. */
const WAYS: Readonly<Record<string, (SecretId: string, name: string, round: number) => Promise<void>>> = {
  async endpoint(SecretId, name, round) {
    const before = await lastRotated(SecretId)
    const ClientRequestToken = token(`${round} of ${SecretId}`)
    // the second round reuses the function that the first one stored
    const first = { RotationLambdaARN: arnOf(name), RotationRules: { AutomaticallyAfterDays: 30 } }
    const asked = { SecretId, ClientRequestToken, ...(round === 1 ? first : {}) }
    const answer = await serving.client.rotateSecret(asked)
    expect(answer).toMatchObject({ Name: SecretId, VersionId: ClientRequestToken })
    await until(async () => (await lastRotated(SecretId)) > before)
  },
  async 'command line'(SecretId, name, round) {
    const first = ['--rotation-lambda-arn', arnOf(name), '--rotation-rules', 'AutomaticallyAfterDays=30']
    const args = ['--secret-id', SecretId, ...(round === 1 ? first : [])]
    const ran = await gitVault(box, 'rotate-secret', ...args)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ran.stdout)).toMatchObject({ Name: SecretId })
  }
}

describe.each(FUNCTIONS)('$name', ({ name, isMultiUser }) => {
  it.each(Object.keys(WAYS))('rotates twice through the %s', { timeout: 240_000 }, async way => {
    const SecretId = `${name}/${way.slice(0, 7)}`
    const username = SecretId.replace(/\W/g, '_')
    await createAccount(box, postgres, SecretId, username, masterArn)
    // what only the first user may read
    await postgres.query(`CREATE TABLE of_${username} (); ALTER TABLE of_${username} OWNER TO ${username}`)

    for (const round of [1, 2]) {
      const old = await accountOf(box, SecretId)
      const rotated = await lastRotated(SecretId)
      await WAYS[way]!(SecretId, name, round)

      const present = await accountOf(box, SecretId)
      expect(await postgres.accepts(present)).toBe(true)
      expect(present.password).not.toBe(old.password)
      if (isMultiUser) {
        expect([old.username, present.username]).toEqual(
          round === 1 ? [username, `${username}_clone`] : [`${username}_clone`, username]
        )
        // programs that still have the old value go on
        expect(await postgres.accepts(old)).toBe(true)
        const password = `first of ${SecretId}`
        expect(await postgres.accepts({ username, password })).toBe(round === 1)
      } else {
        expect(present).toEqual({ ...old, password: present.password })
        expect(await postgres.accepts(old)).toBe(false)
      }
      expect(
        await postgres.query(`SELECT has_table_privilege($1, $2, 'SELECT') AS may`, [
          present.username,
          `of_${username}`
        ])
      ).toEqual([{ may: true }])
      expect(await lastRotated(SecretId)).toBeGreaterThan(rotated)
      expect(await accountOf(box, SecretId, 'AWSPREVIOUS')).toEqual(old)
      expect(await gitVault(box, 'verify')).toMatchObject({ code: 0, stderr: '' })
      expect(box.status()).toBe('')
    }
    expect(await box.api.describeSecret({ SecretId })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: arnOf(name),
      RotationRules: { AutomaticallyAfterDays: 30 }
    })
  })
})
