import { expect } from 'vitest'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { register } from '../../app/rotation/kit.js'
import { token, type TestVault } from '../../vault/fixture.js'
import { startMariadb } from '../mariadb.js'
import { startPostgres } from '../postgres.js'
import { startRedis } from '../redis.js'

/** An account as its secret names it. */
export interface Named {
  readonly username?: string
  readonly password: string
}

/** A database under test. */
export interface Tested {
  readonly builtin: 'postgresql' | 'mysql' | 'redis'
  /** The fields of a secret that all accounts have. */
  readonly place: Readonly<Record<string, unknown>>
  readonly admin: Required<Named>
  /** @param changesItself whether the user may change its own password, if that is a right */
  create(username: string, password: string, changesItself: boolean): Promise<void>
  accepts(account: Named): Promise<boolean>
  /** Whether a user may do what the admin has granted to the first one in `create`. */
  may(account: Required<Named>): Promise<boolean>
  stop(): Promise<void>
}

export const DATABASES: Readonly<Record<Tested['builtin'], () => Promise<Tested>>> = {
  async postgresql() {
    const server = await startPostgres()
    const { host, port, admin } = server
    const name = (text: string): string => `"${text.replaceAll('"', '""')}"`
    await server.query('CREATE TABLE granted ()')
    return {
      ...{
        builtin: 'postgresql',
        admin,
        stop: async () => server.stop(),
        place: { engine: 'postgres', host, port, dbname: 'postgres' }
      },
      async create(username, password) {
        await server.query(`CREATE ROLE ${name(username)} LOGIN PASSWORD '${password}'`)
        await server.query(`GRANT SELECT ON granted TO ${name(username)}`)
      },
      accepts: async account => server.accepts(account as Required<Named>),
      async may({ username }) {
        const [row] = await server.query(`SELECT has_table_privilege($1, 'granted', 'SELECT') AS may`, [
          username
        ])
        return row!['may'] === true
      }
    }
  },
  async mysql() {
    const server = await startMariadb()
    const { host, port, admin } = server
    const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    await server.query('CREATE TABLE mysql.granted (a INT)')
    return {
      ...{
        builtin: 'mysql',
        admin,
        stop: async () => server.stop(),
        place: { engine: 'mariadb', host, port }
      },
      async create(username, password) {
        await server.query(`CREATE USER ${text(username)}@'127.0.0.1' IDENTIFIED BY ${text(password)}`)
        await server.query(
          `GRANT SELECT (a) ON mysql.granted TO ${text(username)}@'127.0.0.1' WITH GRANT OPTION`
        )
      },
      accepts: async account => server.accepts(account as Required<Named>),
      async may({ username }) {
        const rows = await server.query(`SHOW GRANTS FOR ${text(username)}@'127.0.0.1'`)
        return rows.some(row =>
          /^GRANT SELECT \(`?a`?\) ON `mysql`\.`granted` .*WITH GRANT OPTION$/.test(
            String(Object.values(row)[0])
          )
        )
      }
    }
  },
  async redis() {
    const server = await startRedis()
    const { host, port, admin } = server
    return {
      ...{ builtin: 'redis', admin, stop: async () => server.stop(), place: { engine: 'redis', host, port } },
      async create(username, password, changesItself) {
        const may = ['~mine:*', '+get', ...(changesItself ? ['+acl|setuser', '+config|rewrite'] : [])]
        await server.command('ACL', 'SETUSER', username, 'on', `>${password}`, ...may, '(+set ~own:*)')
      },
      accepts: async account => server.accepts(account),
      async may({ username }) {
        const lines = (await server.command('ACL', 'LIST')) as string[]
        return lines.some(
          line =>
            line.startsWith(`user ${username} on`) && / ~mine:\* .*\+get .*\(~own:\* .*\+set\)/.test(line)
        )
      }
    }
  }
}

/** The names of functions: of one user, of one user that a master changes, of alternating users. */
export const MODES = ['single', 'by-master', 'alternating'] as const
export type Mode = (typeof MODES)[number]
/** The name of the master's secret. */
export const MASTER = 'master'

/** Creates the master's secret, and registers the function in each mode. Returns the master's ARN. */
export async function prepare(box: TestVault, { builtin, admin, place }: Tested): Promise<string> {
  const { username, password } = admin
  const SecretString = JSON.stringify({ ...place, username, password })
  const { ARN } = await box.api.createSecret({ Name: MASTER, SecretString })
  await register(box, 'single', { builtin })
  await register(box, 'by-master', { builtin, reads: [MASTER] })
  await register(box, 'alternating', { builtin, reads: [MASTER], isAlternating: true })
  return ARN!
}

/** Creates a user of the database, and its secret. */
export async function account(
  box: TestVault,
  tested: Tested,
  Name: string,
  more: Readonly<Record<string, unknown>> = {},
  username = Name.replace(/\W/g, '_')
): Promise<Required<Named>> {
  const named = { username, password: `first of ${Name}`.replaceAll(' ', '-') }
  await tested.create(named.username, named.password, more['masterarn'] === undefined)
  await secretFor(box, Name, { ...tested.place, ...named, ...more })
  return named
}

export async function secretFor(box: TestVault, Name: string, value: object): Promise<void> {
  const request = { Name, SecretString: JSON.stringify(value), ClientRequestToken: token(Name) }
  await box.api.createSecret(request)
}

/** Returns the account in a version of the secret. */
export async function accountOf(
  box: TestVault,
  SecretId: string,
  VersionStage = 'AWSCURRENT'
): Promise<Required<Named>> {
  const { SecretString } = await box.api.getSecretValue({ SecretId, VersionStage })
  return JSON.parse(SecretString!) as Required<Named>
}

/** Rotates, and returns the message of the failure; it shows nothing of any password. */
export async function failure(box: TestVault, SecretId: string, mode: string): Promise<string> {
  const outcome = await box.api
    .rotateSecret({ SecretId, RotationLambdaARN: mode, ClientRequestToken: token(`r${SecretId}`) })
    .then(
      () => 'it succeeded',
      (error: Error) => error.message
    )
  const status = JSON.stringify(await rotationStatus(await box.internal(), SecretId, box.root))
  for (const stage of ['AWSCURRENT', 'AWSPENDING']) {
    const value = await accountOf(box, SecretId, stage).catch(() => undefined)
    if (value?.password === undefined) continue
    expect(outcome).not.toContain(value.password)
    expect(status).not.toContain(value.password)
  }
  return outcome
}
