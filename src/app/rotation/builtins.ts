import { usage, VaultError } from '../../core/errors.js'
import type { BuiltinFunction, DatabaseKind } from '../../core/rotation/databaseSecret.js'
import { clientFile, PACKAGES } from '../../system/database/packages.js'
import { leadsInto } from '../../system/files/functionFiles.js'
import { ownFile, ownProcess } from '../../system/files/ownProcess.js'
import { PUSHED } from './pushed.js'

/** The databases of `--builtin`, with the other names that they go by. */
const NAMES: Readonly<Record<string, DatabaseKind>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
  redis: 'redis'
}

/** Throws `Usage` if no built-in function has the name. */
export function builtinOf(name: string, isAlternating: boolean): BuiltinFunction {
  const database = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
  if (database) return { database, isAlternating }
  throw usage(
    `there is no built-in function ${JSON.stringify(name)}`,
    'use postgresql, mysql, mariadb or redis'
  )
}

/** Whether this is a `BuiltinFunction`, as the file of functions has it. */
export function isBuiltin(one: unknown): one is BuiltinFunction {
  const { database, isAlternating } = Object(one) as Record<string, unknown>
  return Object.values<unknown>(NAMES).includes(database) && typeof isAlternating === 'boolean'
}

/**
 * Throws `RotationFailed` if the client of the database is not installed beside git-vault, or if it is in the repository and
 * git-vault is not.
 * @param root of the vault's work tree
 */
export function requireClient(name: string, { database }: BuiltinFunction, root: string): void {
  const program = ownFile('builtin')
  const file = clientFile(database, program)
  const id = PACKAGES[database]
  if (file === undefined)
    throw new VaultError('RotationFailed', `the function "${name}" needs the package ${id}`, {
      hint: `npm install -g ${id}`
    })
  if (leadsInto(file, root, root) && !leadsInto(program, root, root))
    throw new VaultError('RotationFailed', `the package ${id} ${PUSHED}`, { hint: `npm install -g ${id}` })
}

/** Returns the command that runs a built-in function. */
export const builtinCommand = ({ database, isAlternating }: BuiltinFunction): [string, ...string[]] =>
  ownProcess('builtin', [database, isAlternating ? 'alternating' : 'single', String(process.pid)])
