import { hash } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { DatabaseAccount } from '../../core/rotation/databaseSecret.js'
import { postgresName, postgresText } from '../../core/rotation/sql.js'
import { CONNECT_TIMEOUT, type DatabaseClient, type DatabaseSession } from './database.js'
import { loadClient } from './packages.js'
import { scramVerifier } from './scram.js'

/** The part of the package pg that is used. */
interface Client {
  connect(): Promise<void>
  query(
    text: string,
    values?: readonly string[]
  ): Promise<{ readonly rows: readonly Record<string, unknown>[] }>
  end(): Promise<void>
  on(event: 'error', listener: () => void): void
}
interface Pg {
  readonly Client: new (config: object) => Client
}

/** A wrong password; a user that does not exist, or that pg_hba.conf does not admit. */
const REFUSED = ['28P01', '28000']

export function postgresql(file: string, program: string): DatabaseClient {
  const pg = loadClient(file, program) as Pg
  return {
    isAnswer: error => error instanceof Error && 'severity' in error,
    async logIn(account, tls) {
      const client = new pg.Client(configOf(account, tls))
      // a connection that is lost between two statements: the next one fails
      client.on('error', () => undefined)
      try {
        await client.connect()
        // the owner of the database may have put operators of their own before the system's
        await client.query('SET search_path = pg_catalog, pg_temp')
      } catch (error) {
        await client.end().catch(() => undefined)
        if (REFUSED.includes(String((error as { code?: unknown }).code))) return 'refused'
        throw error
      }
      return session(client, account.username ?? '')
    }
  }
}

function configOf({ host, port, username, password, dbname }: DatabaseAccount, tls: boolean): object {
  return {
    ...{ host, port, user: username, password, database: dbname ?? 'postgres' },
    ssl: tls && {
      rejectUnauthorized: true,
      // for an address, the package would compare the certificate with localhost
      checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate)
    },
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: 'git-vault'
  }
}

function session(client: Client, account: string): DatabaseSession {
  const alter = async (name: string, password: string): Promise<unknown> =>
    client.query(`ALTER ROLE ${postgresName(name)} PASSWORD ${await stored(client, name, password)}`)
  return {
    account,
    read: async () => void (await client.query('SELECT NOW()')),
    setPassword: async change => void (await alter(change.account, change.password)),
    async setOther({ from, username, password }) {
      await client.query('BEGIN')
      const { rows } = await client.query('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [username])
      const name = postgresName(username)
      if (rows.length === 0) {
        await client.query(`CREATE ROLE ${name} LOGIN`)
        await client.query(`GRANT ${postgresName(from)} TO ${name}`)
      }
      await alter(username, password)
      await client.query('COMMIT')
    },
    end: async () => client.end()
  }
}

/** A password in a statement: as the server stores it by its own configuration, if this can be known here. */
async function stored(client: Client, name: string, password: string): Promise<string> {
  const { rows } = await client.query(
    `SELECT setting, source FROM pg_catalog.pg_settings WHERE name = 'password_encryption'`
  )
  const { setting, source } = rows[0] ?? {}
  const hashOf = HASHES[OF_OTHERS.test(String(source)) && setting === 'md5' ? SCRAM : String(setting)]
  const hashed = hashOf?.(password, name)
  // the server hashes what cannot be hashed here
  if (hashOf === scramVerifier && hashed === undefined)
    await client.query(`SET password_encryption = '${SCRAM}'`)
  return postgresText(hashed ?? password)
}

/**
 * Sources of a setting that is not the server's own: ALTER DATABASE, ALTER ROLE, PGOPTIONS. The owner of a database, or the
 * user, could so have a password stored in the older way, which is easier to guess.
 */
const OF_OTHERS = /database|user|client|session/
const SCRAM = 'scram-sha-256'

/** By the names of password_encryption. */
const HASHES: Readonly<Record<string, (password: string, name: string) => string | undefined>> = {
  [SCRAM]: scramVerifier,
  md5: (password, name) => `md5${hash('md5', `${password}${name}`)}`
}
