import { scrubbedEnvironment } from './environment.js'
import { programPath } from '../files/programs.js'

/** Returns `user.name` from git's configuration at the current folder; empty if there is none, or no git. */
export async function gitUserName(): Promise<string> {
  const program = programPath('git')
  if (program === undefined) return ''
  const { execFile } = await import('node:child_process')
  return new Promise(resolve => {
    execFile(program, ['config', '--get', 'user.name'], { env: scrubbedEnvironment() }, (error, stdout) =>
      resolve(error ? '' : stdout.trim())
    )
  })
}
