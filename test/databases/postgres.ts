import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { databaseProgram } from './programs.js'
import { startServer, type DatabaseServer, type ServerPlan } from './server.js'

/** How a secret of AWS's rotation functions names an account. */
export interface Account {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly dbname: string
}

export interface Postgres extends DatabaseServer {
  /** The superuser. */
  readonly admin: Account
  /** Runs a statement as the superuser. Returns its rows. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Creates a user who may log in, and returns the account. */
  createUser(username: string, password: string): Promise<Account>
  /** Returns whether the server accepts the account's password. Throws for another error than a refused password. */
  accepts(account: Pick<Account, 'username' | 'password'>): Promise<boolean>
}

const USER = 'postgres'
const REFUSED = '28P01'

/** Starts a PostgreSQL server that asks each client for its password. Its only user is the superuser. */
export async function startPostgres(): Promise<Postgres> {
  const password = 'of the superuser'
  const server = await startServer(planOf(password))
  const { host, port } = server
  const admin = { host, port, username: USER, password, dbname: 'postgres' }
  const query = async (text: string, values?: readonly unknown[]) => queryAs(admin, text, values)
  return {
    ...server,
    admin,
    query,
    async createUser(username, its) {
      // the names and passwords of tests need no escaping
      await query(`CREATE ROLE "${username}" LOGIN PASSWORD '${its}'`)
      return { ...admin, username, password: its }
    },
    async accepts(account) {
      try {
        const [row] = await queryAs({ ...admin, ...account }, 'SELECT current_user AS name')
        return row?.['name'] === account.username
      } catch (error) {
        if ((error as { code?: unknown }).code === REFUSED) return false
        throw error
      }
    }
  }
}

async function queryAs(
  { host, port, username: user, password, dbname: database }: Account,
  text: string,
  values: readonly unknown[] = []
): Promise<Record<string, unknown>[]> {
  const client = new Client({ host, port, user, password, database })
  // an error outside a query: the server ended
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows
  } finally {
    await client.end()
  }
}

function planOf(password: string): ServerPlan {
  const initdb = databaseProgram('initdb', 'postgresql')
  const postgres = databaseProgram('postgres', 'postgresql')
  const data = (folder: string): string => join(folder, 'data')
  return {
    name: 'PostgreSQL',
    user: USER,
    prepare(folder, run) {
      const file = join(folder, 'password')
      writeFileSync(file, password, { mode: 0o644 })
      const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${file}`]
      run(initdb, [`--pgdata=${data(folder)}`, ...access, '--encoding=UTF8', '--locale=C', '--no-sync'])
    },
    command: (folder, port) => [
      postgres,
      ...['-D', data(folder), '-p', String(port), '-h', '127.0.0.1', '-k', ''],
      // nothing of it outlives the tests
      ...[
        'fsync=off',
        'shared_buffers=16MB',
        'max_connections=50',
        'autovacuum=off',
        'dynamic_shared_memory_type=mmap'
      ].flatMap(one => ['-c', one])
    ],
    signal: 'QUIT',
    answers: port =>
      queryAs({ host: '127.0.0.1', port, username: USER, password, dbname: 'postgres' }, 'SELECT 1').then(
        () => true,
        () => false
      )
  }
}
