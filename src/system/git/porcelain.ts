import type { SimpleGit } from 'simple-git'
import { VaultError } from '../../core/errors.js'
import { scrubbedEnvironment } from './environment.js'
import { shown } from '../files/paths.js'

/**
 * simple-git for what people do by hand: status, fetch, merge, push. Not for the write path: it has no
 * input for a command, and waits 50 ms after each one that prints nothing. Loaded when first used.
 */
export async function openPorcelain(directory: string): Promise<SimpleGit> {
  const { simpleGit } = await import('simple-git')
  const environment = Object.entries(scrubbedEnvironment()).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'GIT_NO_LAZY_FETCH'
  )
  return simpleGit({
    baseDir: directory,
    allowEnvironment: environment.map(([name]) => name),
    // These refuse what the user's own environment says; simple-git has programs in mind that pass on a stranger's.
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeEditor: true,
      allowUnsafeGitProxy: true,
      allowUnsafePager: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true
    },
    // Its own test takes a silent failure for success.
    errors: (error, result) => {
      if (error !== undefined) return error
      if (result.exitCode === 0) return undefined
      const said = Buffer.concat([...result.stdErr, ...result.stdOut]).toString('utf8')
      return Buffer.from(said === '' ? `git failed with status ${result.exitCode}` : said)
    }
  }).env(Object.fromEntries(environment))
}

export function porcelainFailed(what: string, error: unknown): VaultError {
  const said = error instanceof Error ? error.message.trim().replaceAll('\n', '; ') : String(error)
  return new VaultError('GitFailed', `${what}: ${shown(said, 600)}`, { cause: error })
}
