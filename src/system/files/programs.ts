import * as fs from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

const isWindows = process.platform === 'win32'
/** What the system appends to a bare name. Scripts (`.cmd`) are not programs: only a shell can start them. */
const ENDINGS = isWindows ? ['.com', '.exe'] : ['']

const found = new Map<string, string | undefined>()

/**
 * Returns the absolute path of a program on PATH; `undefined` if there is none. Anyone who can push can commit a file named
 * `git`, and Windows looks in the current folder first, as other systems do for an empty or relative entry of PATH. So only
 * absolute entries are searched, and no process is started by a bare name. Searched once for each name and PATH.
 */
export function programPath(name: string, env: Environment = process.env): string | undefined {
  const folders = absoluteEntries(pathOf(env))
  const key = [name, ...folders].join('\0')
  if (!found.has(key)) {
    const candidates = folders.flatMap(folder => ENDINGS.map(ending => join(folder, name + ending)))
    found.set(key, candidates.find(isProgram))
  }
  return found.get(key)
}

/**
 * Returns an environment in which a child, such as git, cannot start a program from its current folder either: PATH without
 * entries that are not absolute.
 */
export function withSafePath<T extends Environment>(env: T): T {
  const safe: Record<string, string | undefined> = { ...env }
  for (const name of Object.keys(safe))
    if (isPath(name)) safe[name] = absoluteEntries(safe[name]).join(delimiter)
  // Windows searches the current folder first, whatever PATH says, unless this is set
  if (isWindows) safe['NoDefaultCurrentDirectoryInExePath'] = '1'
  return safe as T
}

/** Returns the shell for a command line of the user's own, as an absolute path. */
export function shellPath(env: Environment = process.env): string {
  if (!isWindows) return '/bin/sh'
  const shell = env['ComSpec'] ?? ''
  return isAbsolute(shell) ? shell : (programPath('cmd', env) ?? 'C:\\Windows\\System32\\cmd.exe')
}

const isPath = (name: string): boolean => (isWindows ? /^path$/i.test(name) : name === 'PATH')

const pathOf = (env: Environment): string | undefined =>
  Object.entries(env).find(([name, value]) => isPath(name) && value !== undefined)?.[1]

function absoluteEntries(path: string | undefined): string[] {
  const entries = (path ?? '').split(delimiter)
  // on Windows an entry may be in quotes; `\bin` is on the drive of the current folder
  const plain = isWindows ? entries.map(entry => entry.replaceAll('"', '')) : entries
  return plain.filter(entry => (isWindows ? /^(?:[a-z]:[\\/]|\\\\)/i.test(entry) : isAbsolute(entry)))
}

function isProgram(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}
