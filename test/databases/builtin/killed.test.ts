import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { register } from '../../app/rotation/kit.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { account, accountOf, DATABASES, failure, MASTER, prepare, type Tested } from './kit.js'

// each rotation starts several processes
vi.setConfig({ testTimeout: 180_000 })

/*
 * The process of a built-in function is killed after each statement that changes something. AWSCURRENT or AWSPENDING always
 * works, and the next run continues.
 */

const WORD = join(scratch('killed'), 'word')
const killed = (word: string): void => writeFileSync(WORD, word)
const PRELOADED = fileURLToPath(new URL('killed.cjs', import.meta.url))
const env = [`KILLED=${WORD}`, `NODE_OPTIONS=--require=${PRELOADED}`]

/** The statements of each database, for one user and for two that alternate. */
const STATEMENTS = {
  postgresql: { single: ['ALTER ROLE'], alternating: ['CREATE ROLE', 'GRANT', 'ALTER ROLE', 'COMMIT'] },
  mysql: {
    single: ['SET PASSWORD'],
    alternating: ['CREATE USER', 'GRANT USAGE', 'GRANT SELECT', 'SET PASSWORD']
  },
  redis: { single: ['SETUSER', 'REWRITE'], alternating: ['SETUSER', 'REWRITE'] }
} as const

describe.each(Object.entries(DATABASES))('%s', (_, start) => {
  let box: TestVault
  let tested: Tested
  let masterarn: string
  beforeAll(async () => {
    tested = await start()
    box = await makeVault()
    masterarn = await prepare(box, tested)
    const { builtin } = tested
    await register(box, 'killed-single', { builtin, env })
    await register(box, 'killed-alternating', { builtin, env, reads: [MASTER], isAlternating: true })
  })
  afterAll(() => tested.stop())

  it.each(['single', 'alternating'] as const)('with %s users', async mode => {
    const SecretId = `killed/${mode}`
    const RotationLambdaARN = `killed-${mode}`
    const first = await account(box, tested, SecretId, mode === 'single' ? {} : { masterarn })
    const words = ['GetRandomPassword', 'PutSecretValue', ...STATEMENTS[tested.builtin][mode]]
    for (const word of words) {
      killed(word)
      expect(await failure(box, SecretId, RotationLambdaARN), word).toContain('it was ended by SIGKILL (9)')
      const pending = await accountOf(box, SecretId, 'AWSPENDING').catch(() => undefined)
      const works = await Promise.all(
        [first, ...(pending ? [pending] : [])].map(each => tested.accepts(each))
      )
      expect(works, word).toContain(true)
      if (mode === 'alternating' || tested.builtin === 'redis') expect(works[0], word).toBe(true)
      // whatever works is complete
      if (works[1] === true) expect(await tested.may(pending!), word).toBe(true)
    }
    killed('UpdateSecretVersionStage')
    expect(await failure(box, SecretId, RotationLambdaARN)).toContain('failed at finishSecret')
    const second = await accountOf(box, SecretId)
    expect(second.password).not.toBe(first.password)
    expect(await tested.accepts(second)).toBe(true)
    expect(await tested.may(second)).toBe(true)
    // the rotation was complete; the next one leaves no password of before
    killed('')
    for (const round of [2, 3])
      await box.api.rotateSecret({ SecretId, ClientRequestToken: token(`${round}${SecretId}`) })
    expect(await tested.accepts(await accountOf(box, SecretId))).toBe(true)
    for (const old of [first, second]) expect(await tested.accepts(old)).toBe(false)
  })
})
