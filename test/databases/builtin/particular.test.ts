import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { register } from '../../app/rotation/kit.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { admit } from '../../vault/people.js'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { startPostgres, type Postgres } from '../postgres.js'
import { startRedis, type Redis } from '../redis.js'
import { accountOf, failure, MASTER, secretFor } from './kit.js'

/*
 * What is particular to one database.
 */

let box: TestVault
const rotate = async (SecretId: string, RotationLambdaARN: string, round = 1): Promise<void> =>
  void (await box.api.rotateSecret({
    SecretId,
    RotationLambdaARN,
    ClientRequestToken: token(`${round} of ${SecretId}`)
  }))

describe('PostgreSQL', () => {
  let server: Postgres
  let masterarn: string
  beforeAll(async () => {
    server = await startPostgres()
    box = await makeVault()
    await secretFor(box, MASTER, { engine: 'postgres', ...server.admin })
    masterarn = (await box.api.describeSecret({ SecretId: MASTER })).ARN!
    await register(box, 'one', {
      builtin: 'postgresql',
      env: ['PASSWORD_LENGTH=50', 'EXCLUDE_PUNCTUATION=true']
    })
    await register(box, 'two', { builtin: 'postgresql', isAlternating: true, reads: [MASTER] })
  })
  afterAll(() => server.stop())

  /** Adds a line to the server's rules of who may log in, and how. */
  async function admit(line: string): Promise<void> {
    const file = join(server.folder, 'data/pg_hba.conf')
    writeFileSync(file, `${line}\n${readFileSync(file, 'utf8')}`)
    await server.query('SELECT pg_reload_conf()')
  }

  it('runs no operator that the owner of the database has made', async () => {
    const own = await server.createUser('owner', 'first')
    const { database: dbname = 'postgres' } = server.admin as { database?: string }
    await server.query(`CREATE SCHEMA evil`)
    await server.query(`GRANT USAGE ON SCHEMA evil TO public`)
    for (const type of ['name', 'text']) {
      await server.query(
        `CREATE FUNCTION evil.eq(a name, b ${type}) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
           ALTER ROLE owner SUPERUSER; RETURN a::text OPERATOR(pg_catalog.=) b::text; END $$`
      )
      await server.query(`CREATE OPERATOR evil.= (leftarg=name, rightarg=${type}, function=evil.eq)`)
    }
    await server.query(`ALTER DATABASE "${dbname}" SET search_path = evil, pg_catalog`)
    try {
      await secretFor(box, 'owned', { engine: 'postgres', ...own, masterarn })
      await rotate('owned', 'two')
    } finally {
      await server.query(`ALTER DATABASE "${dbname}" RESET search_path`)
    }
    const found = await server.query(
      `SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'owner'::name`
    )
    expect(JSON.stringify(found)).not.toMatch(/true|\bt\b/)
  })

  it('logs no password, and it is made by the variables of AWS’s functions', async () => {
    const own = await server.createUser('logged', 'first')
    await server.query(`ALTER SYSTEM SET log_statement = 'all'`)
    await server.query('SELECT pg_reload_conf()')
    await secretFor(box, 'one', { engine: 'postgres', ...own })
    await secretFor(box, 'two', { engine: 'postgres', ...own, username: 'logged', masterarn })
    await rotate('one', 'one')
    const { password } = await accountOf(box, 'one')
    expect(password).toMatch(/^[A-Za-z0-9]{50}$/)
    const SecretString = JSON.stringify({ engine: 'postgres', ...own, password, masterarn })
    await box.api.putSecretValue({ SecretId: 'two', SecretString, ClientRequestToken: token('as one') })
    await rotate('two', 'two')
    const written = readFileSync(join(server.folder, 'server.log'), 'utf8')
    expect(written).toContain('ALTER ROLE "logged" PASSWORD')
    expect(written).toContain('ALTER ROLE "logged_clone" PASSWORD')
    for (const each of [password, (await accountOf(box, 'two')).password]) expect(written).not.toContain(each)
  })

  it.each(['ASCII', 'other characters'])(
    'stores no older hash because a user or a database asks for it: %s',
    async kind => {
      const username = kind === 'ASCII' ? 'asks' : 'asks too'
      const own = await server.createUser(username, 'first')
      await server.query(`ALTER ROLE "${username}" SET password_encryption = 'md5'`)
      await server.query(`ALTER DATABASE postgres SET password_encryption = 'md5'`)
      const SecretId = username.replace(' ', '-')
      await secretFor(box, SecretId, { engine: 'postgres', ...own, dbname: 'postgres' })
      const pending = JSON.stringify({
        engine: 'postgres',
        ...own,
        dbname: 'postgres',
        password: 'pä'.repeat(9)
      })
      await box.api.rotateSecret({
        ...{ SecretId, RotationLambdaARN: 'one', ClientRequestToken: token(`${SecretId} set up`) },
        RotateImmediately: false
      })
      if (kind !== 'ASCII')
        await box.api.putSecretValue({
          ...{ SecretId, SecretString: pending, VersionStages: ['AWSPENDING'] },
          ClientRequestToken: token(`1 of ${SecretId}`)
        })
      await rotate(SecretId, 'one')
      await server.query(`ALTER DATABASE postgres RESET password_encryption`)
      const [row] = await server.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${username}'`)
      expect(String(row!['rolpassword'])).toMatch(/^SCRAM-SHA-256\$/)
      expect(await server.accepts({ ...own, ...(await accountOf(box, SecretId)) })).toBe(true)
    }
  )

  it('stores the passwords that are hashed in the older way by the server’s own configuration', async () => {
    const own = await server.createUser('older', 'first')
    await admit('host all older 127.0.0.1/32 md5')
    await server.query(`ALTER SYSTEM SET password_encryption = 'md5'`)
    await server.query('SELECT pg_reload_conf()')
    await secretFor(box, 'older', { engine: 'postgres', ...own })
    await rotate('older', 'one')
    const [row] = await server.query(`SELECT rolpassword FROM pg_authid WHERE rolname = 'older'`)
    const { password } = await accountOf(box, 'older')
    expect(row).toEqual({ rolpassword: `md5${hash('md5', `${password}older`)}` })
    expect(readFileSync(join(server.folder, 'server.log'), 'utf8')).not.toContain(password)
    await server.query(`ALTER SYSTEM RESET password_encryption`)
    await server.query('SELECT pg_reload_conf()')
  })

  it('that trusts everyone is an error: nothing would have changed', async () => {
    const own = await server.createUser('trusted', 'first')
    await admit('host all trusted 127.0.0.1/32 trust')
    await secretFor(box, 'trusted', { engine: 'postgres', ...own })
    expect(await failure(box, 'trusted', 'one')).toContain('the database accepts any password of this user')
  })

  it('a master with a wrong password is an error', async () => {
    const own = await server.createUser('mastered', 'first')
    const wrong = { ...server.admin, password: 'wrong-password' }
    await box.api.putSecretValue({
      ...{ SecretId: MASTER, ClientRequestToken: token('wrong') },
      SecretString: JSON.stringify({ engine: 'postgres', ...wrong })
    })
    await secretFor(box, 'mastered', { engine: 'postgres', ...own, masterarn })
    expect(await failure(box, 'mastered', 'two')).toContain('the database refuses the password of the master')
    expect(await server.accepts(own)).toBe(true)
  })
})

describe('Redis', () => {
  let server: Redis
  let place: object
  beforeAll(async () => {
    server = await startRedis()
    box = await makeVault()
    place = { engine: 'redis', host: server.host, port: server.port }
    await secretFor(box, MASTER, { ...place, ...server.admin })
    await register(box, 'one', { builtin: 'redis', reads: [MASTER] })
    await register(box, 'two', { builtin: 'redis', isAlternating: true, reads: [MASTER] })
  })
  afterAll(() => server.stop())

  const stored = (): string => readFileSync(join(server.folder, 'redis.conf'), 'utf8')

  it('replaces a value that a removed member could read before an earlier rotation was finished', async () => {
    await admit(box, 'bob', { default: 'decrypt' })
    await server.command('ACL', 'SETUSER', 'left', 'on', '>first', '+@all')
    await secretFor(box, 'left', { ...place, username: 'left', password: 'first' })
    await box.api.rotateSecret({
      ...{ SecretId: 'left', RotationLambdaARN: 'one', ClientRequestToken: token('set up') },
      RotateImmediately: false
    })
    const pending = JSON.stringify({ ...place, username: 'left', password: 'known to bob' })
    const request = { SecretId: 'left', SecretString: pending, VersionStages: ['AWSPENDING'] }
    await box.api.putSecretValue({ ...request, ClientRequestToken: token('left over') })
    await removeMember(await box.internal(), 'bob', () => undefined)
    await box.api.rotateSecret({ SecretId: 'left', ClientRequestToken: token('left over') })
    expect((await accountOf(box, 'left', 'AWSPREVIOUS')).password).toBe('known to bob')
    const { password } = await accountOf(box, 'left')
    expect(password).not.toBe('known to bob')
    expect(await server.accepts({ username: 'left', password })).toBe(true)
    expect(await server.accepts({ username: 'left', password: 'known to bob' })).toBe(false)
  })

  it('rotates the password of the default user, also in the file that it starts with', async () => {
    const first = { password: 'of the default user' }
    await secretFor(box, 'default', { ...place, ...first })
    for (const round of [1, 2]) {
      const old = await accountOf(box, 'default')
      await rotate('default', 'one', round)
      const { password } = await accountOf(box, 'default')
      expect(await server.accepts({ password })).toBe(true)
      expect(await server.accepts({ password: old.password })).toBe(false)
      expect(stored()).toContain(hash('sha256', password))
      expect(stored()).not.toContain(hash('sha256', old.password))
    }
    expect(await server.accepts(first)).toBe(false)
  })

  it('has no other user of the default one', async () => {
    const { password } = await accountOf(box, 'default')
    await secretFor(box, 'nameless', { ...place, password })
    expect(await failure(box, 'nameless', 'two')).toContain('alternating users need the field username')
  })

  it('keeps the new password of a user alone, also in the file that it starts with', async () => {
    const { ARN: masterarn } = await box.api.describeSecret({ SecretId: MASTER })
    await server.command('ACL', 'SETUSER', 'stored', 'on', '>first', '>another', '+get')
    await secretFor(box, 'stored', { ...place, username: 'stored', password: 'first', masterarn })
    await rotate('stored', 'one')
    const { password } = await accountOf(box, 'stored')
    const line = stored()
      .split('\n')
      .find(each => each.startsWith('user stored '))
    expect(line!.match(/#\w+/g)).toEqual([`#${hash('sha256', password)}`])
  })

  it('that needs no password of a user is an error: nothing would have changed', async () => {
    await server.command('ACL', 'SETUSER', 'open', 'on', 'nopass', '+@all')
    await secretFor(box, 'open', { ...place, username: 'open', password: 'anything' })
    expect(await failure(box, 'open', 'one')).toContain('the database accepts any password of this user')
  })
})
