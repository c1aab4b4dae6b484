import type { DatabaseAccount } from '../../core/rotation/databaseSecret.js'
import { grantFor, mysqlAccount, mysqlText, parseMysqlAccount, requirement } from '../../core/rotation/sql.js'
import { systemToken } from '../files/random.js'
import { CONNECT_TIMEOUT, type DatabaseClient, type DatabaseSession } from './database.js'
import { loadClient } from './packages.js'

/** The part of the package mysql2 that is used. */
interface Connection {
  query(text: string): Promise<readonly [readonly Record<string, unknown>[], unknown]>
  end(): Promise<void>
  on(event: 'error', listener: () => void): void
}
interface Mysql {
  createConnection(config: object): Promise<Connection>
}

/** A wrong password or an unknown user; a user with another way to log in. */
const REFUSED = [1045, 1698]

/** Also MariaDB. */
export function mysql(file: string, program: string): DatabaseClient {
  const client = loadClient(file.replace(/index\.js$/, 'promise.js'), program) as Mysql
  return {
    // errors of the connection have no SQLSTATE
    isAnswer: error => error instanceof Error && 'sqlState' in error,
    async logIn(account, tls) {
      const connection = await client.createConnection(configOf(account, tls)).catch((error: unknown) => {
        if (REFUSED.includes(Number((error as { errno?: unknown }).errno))) return 'refused' as const
        throw error
      })
      if (connection === 'refused') return 'refused'
      connection.on('error', () => undefined)
      try {
        return await sessionOf(connection)
      } catch (error) {
        await connection.end().catch(() => undefined)
        throw error
      }
    }
  }
}

function configOf({ host, port, username, password, dbname }: DatabaseAccount, tls: boolean): object {
  return {
    ...{ host, port, user: username, password, database: dbname },
    ...(tls ? { ssl: { rejectUnauthorized: true, verifyIdentity: true } } : {}),
    charset: 'utf8mb4_bin',
    connectTimeout: CONNECT_TIMEOUT,
    // the server must not ask for files
    flags: ['-LOCAL_FILES']
  }
}

async function sessionOf(connection: Connection): Promise<DatabaseSession> {
  // with these, `mysqlText` quotes correctly, and so does SHOW GRANTS
  await connection.query(`SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', sql_quote_show_create = 1`)
  const [rows] = await connection.query('SELECT CURRENT_USER() AS account, VERSION() AS version')
  const { account, version } = rows[0] as { account: string; version: string }
  const isMaria = version.includes('MariaDB')
  const set = async (of: string, password: string): Promise<unknown> => {
    const text = mysqlText(password)
    return connection.query(`SET PASSWORD${of} = ${isMaria ? `PASSWORD(${text})` : text}`)
  }
  return {
    account,
    read: async () => void (await connection.query('SELECT NOW()')),
    async setPassword(change) {
      const isOwn = change.account === account
      await set(isOwn ? '' : ` FOR ${mysqlAccount(parseMysqlAccount(change.account))}`, change.password)
    },
    async setOther({ from, username, password }) {
      const present = parseMysqlAccount(from)
      const other = { user: username, host: present.host }
      const name = mysqlAccount(other)
      // statements on users cannot be rolled back: until the last one, nobody knows the password
      const unknown = mysqlText(`${password}${systemToken()}`)
      await connection.query(`CREATE USER IF NOT EXISTS ${name} IDENTIFIED BY ${unknown}`)
      const [created] = await connection.query(`SHOW CREATE USER ${mysqlAccount(present)}`)
      const required = requirement(String(Object.values(created[0] ?? {})[0]))
      if (required !== undefined) await connection.query(`ALTER USER ${name} ${required}`)
      const [grants] = await connection.query(`SHOW GRANTS FOR ${mysqlAccount(present)}`)
      for (const row of grants) {
        const statement = grantFor(String(Object.values(row)[0]), other)
        if (statement !== undefined) await connection.query(statement)
      }
      await set(` FOR ${name}`, password)
    },
    end: async () => connection.end()
  }
}
