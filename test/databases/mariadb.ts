import { createConnection } from 'mysql2/promise'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './postgres.js'
import { databaseProgram } from './programs.js'
import { startServer, type DatabaseServer, type ServerPlan } from './server.js'

export interface Mariadb extends DatabaseServer {
  /** An account with all rights. */
  readonly admin: Account
  /** Runs a statement as the admin. Returns its rows. */
  query(text: string): Promise<Record<string, unknown>[]>
  /** Returns whether the server accepts the account's password. Throws for another error than a refused password. */
  accepts(account: Pick<Account, 'username' | 'password'>): Promise<boolean>
}

const REFUSED = 1045
const DATABASE = 'mysql'

/**
 * Starts a MariaDB server.
 * @param more prepares its folder, and returns further options of the server
 */
export async function startMariadb(more: (folder: string) => string[] = () => []): Promise<Mariadb> {
  const password = 'of the admin'
  const server = await startServer(planOf(password, more))
  const { host, port } = server
  const admin = { host, port, username: 'admin', password, dbname: DATABASE }
  return {
    ...server,
    admin,
    query: async text => queryAs(admin, text),
    async accepts(account) {
      try {
        await queryAs({ ...admin, ...account, dbname: '' }, 'SELECT 1')
        return true
      } catch (error) {
        if ((error as { errno?: unknown }).errno === REFUSED) return false
        throw error
      }
    }
  }
}

async function queryAs(
  { host, port, username: user, password, dbname: database }: Account,
  text: string
): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({ host, port, user, password, database, charset: 'utf8mb4' })
  connection.on('error', () => undefined)
  try {
    const [rows] = await connection.query(text)
    return rows as Record<string, unknown>[]
  } finally {
    await connection.end()
  }
}

function planOf(password: string, more: (folder: string) => string[]): ServerPlan {
  const install = databaseProgram('mariadb-install-db', 'mariadb-server')
  const mariadbd = databaseProgram('mariadbd', 'mariadb-server')
  const data = (folder: string): string => join(folder, 'data')
  let options: string[] = []
  return {
    name: 'MariaDB',
    user: 'mysql',
    prepare(folder, run) {
      run(install, [
        ...['--no-defaults', `--datadir=${data(folder)}`, '--auth-root-authentication-method=normal'],
        ...['--skip-test-db', '--skip-name-resolve', '--innodb-log-file-size=4M']
      ])
      options = more(folder)
      const statements = [
        `CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '${password}';`,
        `GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;`
      ]
      writeFileSync(join(folder, 'init.sql'), statements.join('\n'), { mode: 0o644 })
    },
    command: (folder, port) => [
      mariadbd,
      ...['--no-defaults', `--datadir=${data(folder)}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${join(folder, 'socket')}`, `--init-file=${join(folder, 'init.sql')}`],
      ...['--skip-name-resolve', '--innodb-buffer-pool-size=8M', '--innodb-flush-log-at-trx-commit=0'],
      ...['--innodb-log-file-size=4M', '--performance-schema=off'],
      ...options
    ],
    signal: 'TERM',
    answers: port =>
      queryAs({ host: '127.0.0.1', port, username: 'admin', password, dbname: DATABASE }, 'SELECT 1').then(
        () => true,
        () => false
      )
  }
}
