import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SCRIPT } from '../../program.js'

/** Makes the folder of the programs that all people have on PATH, with git-vault. */
export function makePrograms(base: string): void {
  mkdirSync(join(base, 'bin'))
  addProgram(base, 'git-vault', SCRIPT)
}

/** @param script with its first line, `#!` */
export const addProgram = (base: string, name: string, script: string): void =>
  writeFileSync(join(base, 'bin', name), script, { mode: 0o755 })

/** Makes a person's home, with git's configuration. */
export function makeHome(base: string, person: string): void {
  // the agent's socket needs a folder that nobody else can enter
  mkdirSync(join(base, 'home', person, 'run'), { recursive: true, mode: 0o700 })
  const config = `[user]\n\tname = ${person}\n\temail = ${person}@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n`
  writeFileSync(join(base, 'home', person, 'gitconfig'), config)
}

/** The environment of a person's terminal. */
export function homeEnv(base: string, person: string): Record<string, string> {
  const home = join(base, 'home', person)
  return {
    PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH']}`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_EDITOR: 'true',
    GIT_PAGER: 'cat',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC'
  }
}
