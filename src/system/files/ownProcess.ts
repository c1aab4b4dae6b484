import { existsSync } from 'node:fs'
import { join } from 'node:path'

declare const GIT_VAULT_EXECUTABLE: boolean | undefined

/** Whether this program is one executable file, without Node and without the files of the build. */
export const isExecutable = typeof GIT_VAULT_EXECUTABLE === 'boolean' && GIT_VAULT_EXECUTABLE

/** The programs that git-vault starts as processes of their own. Each has its own file in the build. */
export type OwnProgram = 'git-vault' | 'agent' | 'clipboard' | 'builtin'

/** How the executable, which has no other files, is told to run one of them: the first argument. */
export const ownMarks: Readonly<Record<Exclude<OwnProgram, 'git-vault'>, string>> = {
  agent: '__agent',
  clipboard: '__clipboard',
  builtin: '__builtin'
}

/** Returns the command that starts one of the programs: this executable, or Node with the program's file. */
export function ownProcess(program: OwnProgram, args: readonly string[]): [string, ...string[]] {
  if (!isExecutable) return [process.execPath, ownFile(program), ...args]
  return program === 'git-vault'
    ? [process.execPath, ...args]
    : [process.execPath, ownMarks[program], ...args]
}

/** Returns the file of one of the programs: in the build that this code is in, or if it is a source, in `dist`. */
export function ownFile(program: OwnProgram): string {
  if (isExecutable) return process.execPath
  const name = program === 'git-vault' ? '../bin/git-vault.js' : `${program}.cjs`
  const beside = join(__dirname, name)
  return [beside, join(__dirname, '../../../dist', name)].find(existsSync) ?? beside
}
