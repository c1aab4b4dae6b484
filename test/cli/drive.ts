import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { createIdentity } from '../identityWithPassphrase.js'
import { COMMAND } from '../program.js'
import { scratch } from '../vault/fixture.js'
import { inTerminal, type Step } from './terminal/inTerminal.js'

export type { Step }

export const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))
export const ENTER = '\r'
export const [CTRL_C, CTRL_D, CTRL_Z] = ['\x03', '\x04', '\x1a']
export const PASSPHRASE = 'a passphrase that is typed'

export const passphrase: Step = { wait: 'Passphrase of your identity', type: PASSPHRASE + ENTER }

/** A repository, and the environment of a user with an identity of their own. */
export interface Place {
  readonly repository: string
  readonly env: Record<string, string>
  /** Runs a command without a terminal: in a session of its own, as in CI. */
  run(args: readonly string[], more?: { env?: Record<string, string>; input?: string }): Ran
  /** Runs a command in a terminal of 80 columns and 24 lines, and types. */
  readonly drive: (
    args: readonly string[],
    steps: readonly Step[],
    more?: DriveOptions
  ) => { shown: string; code: number }
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface DriveOptions {
  readonly cwd?: string
  readonly env?: Record<string, string>
  readonly columns?: number
  /** The content of a pipe that is the standard input. */
  readonly stdin?: string
  /** Another program, such as a shell, in place of git-vault. It has no arguments but these. */
  readonly argv?: readonly string[]
}

/** Runs the program without a terminal, while this process goes on: it may serve what the program's functions ask for. */
export function runBeside(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Promise<Ran> {
  return new Promise(resolve => {
    const child = spawn(COMMAND[0], [...COMMAND.slice(1), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => (stdout += String(chunk)))
    child.stderr.on('data', chunk => (stderr += String(chunk)))
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

/** @param name of the scratch folder that is the user's home */
export function newPlace(name: string): Place {
  const home = scratch(name)
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig')
  }
  const repository = join(home, 'repository')
  fs.mkdirSync(repository)
  return {
    repository,
    env,
    run(args, more = {}) {
      const done = spawnSync('setsid', ['-w', ...COMMAND, ...args], {
        cwd: repository,
        env: { ...process.env, ...env, ...more.env },
        input: more.input ?? '',
        encoding: 'utf8',
        timeout: 110_000
      })
      return { code: done.status, stdout: done.stdout, stderr: done.stderr }
    },
    drive(args, steps, more = {}) {
      const { cwd = repository, columns = 80, stdin } = more
      const { argv = [...COMMAND, ...args] } = more
      const { shown, code } = inTerminal({
        argv,
        cwd,
        env: { ...env, ...more.env },
        steps,
        columns,
        ...(stdin === undefined ? {} : { stdin })
      })
      // the answer to a hidden prompt is never shown
      expect(shown).not.toContain(PASSPHRASE)
      return { shown, code }
    }
  }
}

/** A place with an identity that has a passphrase, and a vault whose admin is ana. */
export async function placeWithVault(name: string): Promise<Place> {
  const place = newPlace(name)
  await createIdentity(join(place.env['XDG_CONFIG_HOME']!, 'git-vault/identity.yaml'), PASSPHRASE)
  const { code, stderr } = place.run(['init', '--yes', '--member', 'ana'], {
    env: { GIT_VAULT_PASSPHRASE: PASSPHRASE }
  })
  if (code !== 0) throw new Error(stderr)
  return place
}
