import { createClient, ErrorReply } from '@redis/client'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { databaseProgram } from './programs.js'
import { startServer, type DatabaseServer } from './server.js'

export interface RedisAccount {
  readonly username?: string
  readonly password: string
}

export interface Redis extends DatabaseServer {
  readonly admin: Required<RedisAccount>
  /** Runs a command as the admin. */
  command(...words: string[]): Promise<unknown>
  /** Returns whether the server accepts the account's password. Throws for another error than a refused password. */
  accepts(account: RedisAccount): Promise<boolean>
}

/** Starts a Redis server whose file of settings it can rewrite. The password of its default user is `of the default user`. */
export async function startRedis(...settings: string[]): Promise<Redis> {
  const program = databaseProgram('redis-server', 'redis-server')
  const admin = { username: 'admin', password: 'of-the-admin' }
  const server = await startServer({
    name: 'Redis',
    user: 'redis',
    prepare(folder) {
      const file = join(folder, 'redis.conf')
      const lines = [
        ...['bind 127.0.0.1', 'save ""', 'appendonly no', 'requirepass "of the default user"'],
        `user ${admin.username} on >${admin.password} ~* &* +@all`,
        ...settings
      ]
      writeFileSync(file, `${lines.join('\n')}\n`)
      chmodSync(file, 0o666)
    },
    command: (folder, port) => [program, join(folder, 'redis.conf'), '--port', String(port)],
    signal: 'TERM',
    answers: port =>
      runAs(port, admin, 'PING').then(
        () => true,
        () => false
      )
  })
  const { port } = server
  return {
    ...server,
    admin,
    command: async (...words) => runAs(port, admin, ...words),
    async accepts(account) {
      try {
        await runAs(port, account, 'ACL', 'WHOAMI')
        return true
      } catch (error) {
        if (error instanceof ErrorReply && error.message.startsWith('WRONGPASS')) return false
        if (error instanceof ErrorReply && error.message.startsWith('NOPERM')) return true
        throw error
      }
    }
  }
}

async function runAs(port: number, account: RedisAccount, ...words: string[]): Promise<unknown> {
  const client = createClient({
    ...account,
    socket: { host: '127.0.0.1', port, reconnectStrategy: false },
    disableClientInfo: true,
    RESP: 2
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}
