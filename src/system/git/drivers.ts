import { readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, isAbsolute } from 'node:path'
import { ownProgram } from '../files/ownProgram.js'
import { readIfExists } from '../files/files.js'
import type { Config } from './config.js'
import { git } from './git.js'
import type { Place } from './place.js'

/** Settings of this clone, by key. */
export type Settings = ReadonlyMap<string, string>

/** The setting without which git merges the vault's files line by line. */
export const DRIVER = 'merge.git-vault.driver'

/**
 * Returns the settings that make git use git-vault for the files that .gitattributes gives it: to merge them, and to show
 * them in a diff. `undefined` if there is no program outside of this repository's work trees: what is inside, anybody who
 * can push may have written.
 */
export function driverSettings(place: Place): Settings | undefined {
  const command = ownCommand(place)
  if (command === undefined) return undefined
  return new Map([
    ['merge.git-vault.name', 'git-vault: merge a vault by the rules of its format'],
    [DRIVER, `${command.replaceAll('%', '%%')} merge-driver %O %A %B %P %L`],
    ['diff.git-vault.textconv', `${command} textconv`]
  ])
}

/** Returns the command line of this program for a shell; `undefined` if the program is inside the repository. */
export function ownCommand(place: Place): string | undefined {
  const program = ownProgram()
  if (program === undefined) return undefined
  const parts = program.endsWith('.js') ? [process.execPath, program] : [program]
  return parts.some(part => isInWorkTree(part, place)) ? undefined : parts.map(quoted).join(' ')
}

/** Writes the settings to the repository's own configuration. Starts a process for each that differs from `present`. */
export async function setDrivers(
  place: Place,
  settings: Settings,
  present?: Pick<Config, 'text'>
): Promise<void> {
  for (const [key, value] of settings)
    if (present?.text(key) !== value) await git(place, ['config', '--local', '--replace-all', key, value])
}

/** Whether the file is in the main work tree of the repository or in a linked one. */
function isInWorkTree(file: string, place: Place): boolean {
  const real = realOf(file)
  return workTrees(place).some(folder => {
    const path = relative(realOf(folder), real)
    return path !== '..' && !path.startsWith('../') && !path.startsWith('..\\') && !isAbsolute(path)
  })
}

function workTrees({ root, commonDir }: Place): string[] {
  const found = [root]
  if (basename(commonDir) === '.git') found.push(dirname(commonDir))
  const folder = join(commonDir, 'worktrees')
  for (const name of namesIn(folder)) {
    const gitdir = readIfExists(join(folder, name, 'gitdir'))
      ?.toString('utf8')
      .trim()
    if (gitdir) found.push(dirname(gitdir))
  }
  return found
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** As one word of a command line that git gives to a POSIX shell, on Windows too. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
