import { VaultError } from '../../core/errors.js'
import { failed, type DatabaseAccount, type DatabaseKind } from '../../core/rotation/databaseSecret.js'
import { safeMessage } from '../../core/rotation/safeMessage.js'
import { errno } from '../files/files.js'
import type { DatabaseClient, LogIn } from './database.js'
import { mysql } from './mysql.js'
import { clientFile, PACKAGES } from './packages.js'
import { postgresql } from './postgresql.js'
import { redis } from './redis.js'

const CLIENTS = { postgresql, mysql, redis }

/** Nothing answered, so that it makes no difference to try without TLS. */
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/**
 * Returns the client of a database. Throws `RotationFailed` if its package is not installed.
 * @param program the file whose folder the search for the package begins in
 */
export function databaseClient(database: DatabaseKind, program: string): DatabaseClient {
  const file = clientFile(database, program)
  if (file === undefined) throw failed(`the package ${PACKAGES[database]} is not installed`)
  return CLIENTS[database](file, program)
}

/**
 * Logs in as the secret asks: with TLS, without, or without if TLS fails. Throws `RotationFailed` if the server cannot be
 * reached, or answers with another error than that it refuses the user or the password.
 */
export async function logIn(client: DatabaseClient, account: DatabaseAccount): Promise<LogIn> {
  const { tls } = account
  try {
    if (tls === 'off') return await client.logIn(account, false)
    const isKnown = await client.hasTls?.(account)
    if (isKnown === false && tls === 'required') throw new Error('the server has no TLS')
    if (isKnown !== undefined || tls === 'required') return await client.logIn(account, isKnown ?? true)
    return await client.logIn(account, true).catch(async (error: unknown) => {
      if (client.isAnswer(error) || UNREACHABLE.includes(errno(error) ?? '')) throw error
      return client.logIn(account, false)
    })
  } catch (error) {
    throw failed(`cannot log in to the database: ${reason(error, [account.password])}`)
  }
}

/** Waits for a statement with passwords. Throws `RotationFailed` if the database refuses it. */
export async function answered(work: Promise<void> | undefined, passwords: readonly string[]): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof VaultError) throw error
    throw failed(`the database refused a statement: ${reason(error, passwords)}`)
  }
}

/** A database's or a connection's error in one line, without any part of the passwords. */
export function reason(error: unknown, passwords: readonly string[]): string {
  const { message = '' } = Object(error) as { message?: string }
  const code = errno(error)
  const said = safeMessage(message, passwords)
  return said !== '' ? said : (code ?? 'an error whose text would show a part of the password')
}
