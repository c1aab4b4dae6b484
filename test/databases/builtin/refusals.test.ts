import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testFunction } from '../../../src/app/rotation/testFunction.js'
import { register } from '../../app/rotation/kit.js'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { freePort } from '../server.js'
import { account, accountOf, DATABASES, failure, prepare, secretFor, type Tested } from './kit.js'

// each rotation starts several processes
vi.setConfig({ testTimeout: 180_000 })

/*
 * What a built-in function refuses. Nothing has changed afterwards: the first password works, and AWSCURRENT has it.
 */

const NOWHERE = 'host.invalid'

describe.each(Object.entries(DATABASES))('%s', (_, start) => {
  let box: TestVault
  let tested: Tested
  let masterarn: string
  let made = 0
  beforeAll(async () => {
    tested = await start()
    box = await makeVault()
    masterarn = await prepare(box, tested)
    await register(box, 'without-master', { builtin: tested.builtin })
    await register(box, 'of-another', { builtin: tested.builtin, reads: ['another'], isAlternating: true })
  })
  afterAll(() => tested.stop())

  const SecretIdOf = (): string => `refused/${++made}`
  const refused = async (
    mode: string,
    more: Record<string, unknown>,
    reason: string | RegExp
  ): Promise<void> => {
    const SecretId = SecretIdOf()
    const first = await account(box, tested, SecretId, more)
    expect(await failure(box, SecretId, mode)).toMatch(reason)
    expect(await tested.accepts(first)).toBe(true)
    expect((await accountOf(box, SecretId)).password).toBe(first.password)
  }

  it('a host that does not exist, and a port that nothing listens on', async () => {
    await refused('single', { host: NOWHERE }, /failed at setSecret.*\n  cannot log in to the database: /)
    await refused('single', { port: await freePort() }, /cannot log in to the database: .*ECONNREFUSED/)
  })

  it('a server without TLS, if the secret demands TLS', async () => {
    await refused('single', { ssl: true }, /cannot log in to the database: /)
  })

  it('a master whose secret the function may not read', async () => {
    for (const mode of ['without-master', 'of-another'])
      await refused(
        mode,
        { masterarn },
        /masterarn names a secret that this function may not read: add it with --may-read/
      )
    await refused('alternating', {}, 'alternating users need the field masterarn')
  })

  it('a master of another server: its password is sent nowhere', async () => {
    const { password, username } = tested.admin
    await secretFor(box, 'another', { ...tested.place, port: await freePort(), username, password })
    const { ARN } = await box.api.describeSecret({ SecretId: 'another' })
    await refused(
      'of-another',
      { masterarn: ARN },
      'the secret that masterarn names has another host or port'
    )
  })

  it('to change an account with a master if no password of the secret works', async () => {
    for (const mode of ['by-master', 'alternating'] as const) {
      const SecretId = SecretIdOf()
      const first = await account(box, tested, `${SecretId}-owner`)
      await secretFor(box, SecretId, { ...tested.place, ...first, password: 'not-its-password', masterarn })
      expect(await failure(box, SecretId, mode)).toContain('the database refuses the passwords of AWSPENDING')
      expect(await tested.accepts(first)).toBe(true)
    }
  })

  it('a pending version of another user or server', async () => {
    const { username: admin } = tested.admin
    for (const [mode, other, reason] of [
      ['by-master', { username: admin }, 'AWSPENDING and AWSCURRENT have different usernames'],
      [
        'alternating',
        { username: admin },
        'the username of AWSPENDING is not the other one of that of AWSCURRENT'
      ],
      ['single', { host: NOWHERE }, 'AWSPENDING and AWSCURRENT have different hosts or ports'],
      ['alternating', { port: 1 }, 'AWSPENDING and AWSCURRENT have different hosts or ports']
    ] as const) {
      const SecretId = SecretIdOf()
      const own = mode === 'single' ? {} : { masterarn }
      const first = await account(box, tested, SecretId, own)
      const username = mode === 'alternating' ? `${first.username}_clone` : first.username
      const pending = { ...tested.place, username, password: 'another-password', ...own, ...other }
      await box.api.putSecretValue({
        ...{ SecretId, ClientRequestToken: token(`r${SecretId}`) },
        ...{ SecretString: JSON.stringify(pending), VersionStages: ['AWSPENDING'] }
      })
      expect(await failure(box, SecretId, mode)).toContain(reason)
      expect(await tested.accepts(first)).toBe(true)
    }
  })

  it('a value that is no account of this database', async () => {
    await refused('single', { engine: 'oracle' }, 'the field engine of AWSCURRENT must be one of')
  })

  it('tests the current value, and changes nothing', async () => {
    const SecretId = SecretIdOf()
    const first = await account(box, tested, SecretId)
    await testFunction(await box.internal(), 'single', SecretId)
    expect(await accountOf(box, SecretId)).toMatchObject(first)
    await secretFor(box, `${SecretId}-wrong`, { ...tested.place, ...first, password: 'wrong-password' })
    await expect(testFunction(await box.internal(), 'single', `${SecretId}-wrong`)).rejects.toThrow(
      'the database refuses the password of AWSPENDING'
    )
  })

  it('continues with AWSPREVIOUS, if AWSCURRENT is a password that never reached the database', async () => {
    const SecretId = SecretIdOf()
    const first = await account(box, tested, SecretId)
    const SecretString = JSON.stringify({ ...tested.place, ...first, password: 'never-set' })
    await box.api.putSecretValue({ SecretId, ClientRequestToken: token('never'), SecretString })
    await box.api.rotateSecret({
      SecretId,
      RotationLambdaARN: 'single',
      ClientRequestToken: token(`r${SecretId}`)
    })
    expect(await tested.accepts(await accountOf(box, SecretId))).toBe(true)
    expect(await tested.accepts(first)).toBe(false)
  })
})
