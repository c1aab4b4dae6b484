import { VaultError } from '../errors.js'
import { findField, isJsonObject, withField } from '../format/jsonField.js'

/** A kind of database that a built-in function knows. */
export type DatabaseKind = 'postgresql' | 'mysql' | 'redis'

/** The task of a built-in function. */
export interface BuiltinFunction {
  readonly database: DatabaseKind
  /** Whether it changes two users in turns, NAME and NAME_clone, so that the one before keeps its password. */
  readonly isAlternating: boolean
}

/** An account of a database, as the JSON of a secret names it for AWS's own rotation functions. */
export interface DatabaseAccount {
  readonly host: string
  readonly port: number
  /** `undefined` for the default user of Redis only. */
  readonly username: string | undefined
  readonly password: string
  readonly dbname: string | undefined
  /** `preferred` sends the password without TLS if TLS fails. */
  readonly tls: 'required' | 'preferred' | 'off'
  /** The secret of the account that changes this one. */
  readonly masterArn: string | undefined
}

/** The names of `engine`, and the port if there is none. */
const DATABASES: Readonly<
  Record<DatabaseKind, { readonly engines: readonly string[]; readonly port: number }>
> = {
  postgresql: { engines: ['postgres', 'postgresql', 'aurora-postgresql'], port: 5432 },
  mysql: { engines: ['mysql', 'mariadb', 'aurora-mysql'], port: 3306 },
  redis: { engines: ['redis', 'valkey'], port: 6379 }
}

const SUFFIX = '_clone'
/** Bytes of a name in PostgreSQL, which cuts a longer one off: it could then be the name of another user. */
const LONGEST_NAME = 63

/**
 * Reads the account in a secret's value. Throws `RotationFailed` if it is not one, in words that are no part of the value.
 * @param name of the value in a message, such as AWSCURRENT
 */
export function databaseAccount(text: string, database: DatabaseKind, name: string): DatabaseAccount {
  if (!isJsonObject(text)) throw failed(`the value of ${name} is not a JSON object`)
  const fields = JSON.parse(text) as Record<string, unknown>
  const { engines, port: usual } = DATABASES[database]
  const { engine } = fields
  if (typeof engine !== 'string' || !engines.includes(engine))
    throw failed(`the field engine of ${name} must be one of ${engines.join(', ')}`)
  const host = textOf(fields, 'host', name)
  const password = textOf(fields, 'password', name)
  const isDefaultUser = database === 'redis' && fields['username'] === undefined
  const { port = usual, dbname, masterarn } = fields
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535)
    throw failed(`the field port of ${name} is not a port`)
  return {
    ...{ host, password, port: number, tls: tlsOf(fields['ssl']) },
    username: isDefaultUser ? undefined : textOf(fields, 'username', name),
    dbname: typeof dbname === 'string' && dbname !== '' ? dbname : undefined,
    masterArn: typeof masterarn === 'string' && masterarn !== '' ? masterarn : undefined
  }
}

/** As AWS's functions read `ssl`: a boolean, or its text in any case. Anything else is no choice. */
function tlsOf(ssl: unknown): DatabaseAccount['tls'] {
  const text = typeof ssl === 'boolean' || typeof ssl === 'string' ? String(ssl).toLowerCase() : ''
  return text === 'true' ? 'required' : text === 'false' ? 'off' : 'preferred'
}

function textOf(fields: Readonly<Record<string, unknown>>, field: string, name: string): string {
  const value = fields[field]
  if (typeof value !== 'string' || value === '') throw failed(`the field ${field} of ${name} must be a text`)
  if (value.includes('\0')) throw failed(`the field ${field} of ${name} has a zero byte`)
  return value
}

/** Returns the name of the other of two alternating users. Throws `RotationFailed` if it would be too long. */
export function otherUsername(username: string, database: DatabaseKind): string {
  if (username.endsWith(SUFFIX) && username !== SUFFIX) return username.slice(0, -SUFFIX.length)
  const name = `${username}${SUFFIX}`
  if (database === 'postgresql' && new TextEncoder().encode(name).length > LONGEST_NAME)
    throw failed(`the username with ${SUFFIX} would be longer than ${LONGEST_NAME} bytes`)
  return name
}

/** Returns a secret's value with another password, and every other field as it was written. */
export function withAccount(
  text: string,
  changed: { readonly username?: string; readonly password: string }
): string {
  return Object.entries(changed).reduce((value, [field, next]) => {
    const found = findField(value, field)
    return found.kind === 'found' ? withField(value, found, JSON.stringify(next)) : value
  }, text)
}

export const failed = (message: string): VaultError => new VaultError('RotationFailed', message)
