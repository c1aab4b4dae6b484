import type { DatabaseAccount } from '../../core/rotation/databaseSecret.js'
import { failed } from '../../core/rotation/databaseSecret.js'
import { rulesOfUser } from '../../core/rotation/redisRules.js'
import { CONNECT_TIMEOUT, type DatabaseClient, type DatabaseSession } from './database.js'
import { loadClient } from './packages.js'
import { hasTls } from './redisTls.js'

/** The part of the package @redis/client that is used. */
interface Client {
  connect(): Promise<unknown>
  sendCommand(words: readonly string[]): Promise<unknown>
  destroy(): void
  on(event: 'error', listener: () => void): void
}
interface Redis {
  createClient(options: object): Client
  readonly ErrorReply: new (message: string) => Error
}

const DEFAULT_USER = 'default'
/** `ERR invalid …` is Redis 5. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|ERR invalid)/
const ANY = /^/

/** Also Valkey. */
export function redis(file: string, program: string): DatabaseClient {
  const library = loadClient(file, program) as Redis
  const isAnswer = (error: unknown): error is Error => error instanceof library.ErrorReply
  return {
    isAnswer,
    hasTls,
    async logIn(account, tls) {
      const client = library.createClient(optionsOf(account, tls))
      client.on('error', () => undefined)
      try {
        await client.connect()
      } catch (error) {
        if (isAnswer(error) && REFUSED.test(error.message)) return 'refused'
        throw error
      }
      return session(client, account.username ?? DEFAULT_USER, isAnswer)
    }
  }
}

function optionsOf({ host, port, username, password }: DatabaseAccount, tls: boolean): object {
  return {
    ...(username === undefined ? {} : { username }),
    password,
    socket: {
      ...{ host, port, connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false },
      ...(tls ? { tls: true, rejectUnauthorized: true } : {})
    },
    RESP: 2,
    // commands that the user may lack
    disableClientInfo: true
  }
}

function session(
  client: Client,
  account: string,
  isAnswer: (error: unknown) => error is Error
): DatabaseSession {
  /** Runs a command. An error that the pattern matches is ignored. */
  const attempt = async (ignored: RegExp, words: readonly string[]): Promise<boolean> => {
    try {
      await client.sendCommand(words)
      return true
    } catch (error) {
      if (isAnswer(error) && ignored.test(error.message)) return false
      throw error
    }
  }
  const setUser = async (name: string, rules: readonly string[]): Promise<void> =>
    void (await client.sendCommand(['ACL', 'SETUSER', name, ...rules]))
  return {
    account,
    // the answer that the user may not run it shows as well that the user is logged in
    read: async () => void (await attempt(/^NOPERM/, ['PING'])),
    async setPassword({ account: name, present, password }) {
      if (name !== DEFAULT_USER) return setUser(name, ['resetpass', `>${present}`, `>${password}`])
      await client.sendCommand(['CONFIG', 'SET', 'requirepass', password])
    },
    async keepOnly({ account: name, password }) {
      if (name !== DEFAULT_USER) await setUser(name, ['resetpass', `>${password}`])
    },
    async setOther({ from, username, password }) {
      const rules = rulesOfUser((await client.sendCommand(['ACL', 'LIST'])) as string[], from)
      if (!rules) throw failed('the server has no such user')
      await setUser(username, ['reset', 'on', ...rules, `>${password}`])
    },
    /** Writes the users to the file that the server reads when it starts, if it has one and can write it. */
    async save() {
      if (!(await attempt(ANY, ['ACL', 'SAVE']))) await attempt(ANY, ['CONFIG', 'REWRITE'])
    },
    end: async () => client.destroy()
  }
}
