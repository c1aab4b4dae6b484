import type { SimpleGit } from 'simple-git'
import { VaultError } from '../../core/errors.js'
import { scrubbedEnvironment } from './environment.js'
import { shown } from '../files/paths.js'
import { gitProgram } from './program.js'

/**
 * Returns simple-git for git's everyday commands: status, fetch, merge, push. It is unfit for the write path: it cannot
 * send input to a command, and waits 50 ms after each one that prints nothing.
 */
export async function openPorcelain(directory: string): Promise<SimpleGit> {
  const { simpleGit } = await import('simple-git')
  const environment = Object.entries(scrubbedEnvironment()).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'GIT_NO_LAZY_FETCH'
  )
  return simpleGit({
    baseDir: directory,
    binary: gitProgram(),
    allowEnvironment: environment.map(([name]) => name),
    // simple-git refuses these settings in case they come from an attacker; here they are the user's own
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      // a path with a space in it
      allowUnsafeCustomBinary: true,
      allowUnsafeEditor: true,
      allowUnsafeGitProxy: true,
      allowUnsafePager: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true
    },
    // its default treats a failure without output as success
    errors: (error, result) => {
      if (error !== undefined) return error
      if (result.exitCode === 0) return undefined
      const output = Buffer.concat([...result.stdErr, ...result.stdOut]).toString('utf8')
      return Buffer.from(output === '' ? `git failed with status ${result.exitCode}` : output)
    }
  }).env(Object.fromEntries(environment))
}

/** Returns a `GitFailed` for a failure of simple-git. */
export function porcelainFailed(command: string, error: unknown): VaultError {
  const reason = error instanceof Error ? error.message.trim().replaceAll('\n', '; ') : String(error)
  return new VaultError('GitFailed', `${command}: ${shown(reason, 600)}`, { cause: error })
}
