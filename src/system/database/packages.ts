import { createRequire } from 'node:module'
import type { DatabaseKind } from '../../core/rotation/databaseSecret.js'
import { errno } from '../files/files.js'

/** The package with the client of each database. None of them is a part of git-vault: the user installs it. */
export const PACKAGES: Readonly<Record<DatabaseKind, string>> = {
  postgresql: 'pg',
  mysql: 'mysql2',
  redis: '@redis/client'
}

/** Returns the file of a database's client, as a program in the given file finds it; `undefined` if it is not installed. */
export function clientFile(database: DatabaseKind, program: string): string | undefined {
  try {
    return createRequire(program).resolve(PACKAGES[database])
  } catch (error) {
    if (errno(error) === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Loads a part of a database's client. */
export const loadClient = (file: string, program: string): unknown => createRequire(program)(file)
