import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders outside PATH in which systems install database servers; `*` is a version. */
const FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/opt/homebrew/opt/mariadb/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin'
]

/**
 * Returns the path of a program of a database. Throws if it is not installed: `test/databases/setup.sh` installs it if it can.
 * @param packageName of Debian and Ubuntu
 */
export function databaseProgram(name: string, packageName: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS.flatMap(expanded)]
  const found = folders.map(folder => join(folder, name)).find(isProgram)
  if (found !== undefined) return found
  throw new Error(`missing: ${name}, which this test runs. Install it: apt-get install ${packageName}`)
}

/** Returns the folders that match, the highest version first. */
function expanded(pattern: string): string[] {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return [pattern]
  const cut = before.lastIndexOf('/') + 1
  return namesIn(before.slice(0, cut))
    .filter(name => name.startsWith(before.slice(cut)))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map(name => `${before.slice(0, cut)}${name}${after}`)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
