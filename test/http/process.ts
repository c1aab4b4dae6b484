import { spawn, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { FollowOptions } from '../../src/app/follow/follower.js'
import { scratch } from '../vault/fixture.js'
import { bundle } from '../vault/process.js'
import type { Signing } from './wire.js'

export interface ServerProcess {
  readonly child: ChildProcess
  readonly keys: Signing
  /** The path of the environment file that it wrote for clients. */
  readonly environment: string
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  output(): string
  log(): string
}

const running = new Set<ChildProcess>()
// a test that failed may have left one
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

let built: string | undefined

/** The path of a bundled `git-vault serve`. */
export const builtServer = (): string =>
  (built ??= bundle(new URL('driver.ts', import.meta.url), 'server.mjs'))

/** Starts the server in a process that can be killed. Resolves once it accepts requests. */
export async function startServerProcess(
  directory: string,
  env: NodeJS.ProcessEnv = {},
  follow?: FollowOptions
): Promise<ServerProcess> {
  const environment = join(scratch('environment'), 'env')
  const child = spawn(process.execPath, [builtServer(), JSON.stringify({ directory, environment, follow })], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env }
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  let log = ''
  child.stderr.on('data', chunk => (log += String(chunk)))
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal }))
  )
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      output += String(chunk)
      if (output.includes('ready ')) resolve()
    })
    void ended.then(() => reject(new Error(`the server ended: ${log}`)))
  })
  return { child, keys: keysIn(environment), environment, ended, output: () => output, log: () => log }
}

/** The URL and keys that a client needs, from the environment file of a server. */
export function keysIn(environment: string): Signing {
  const env = new Map(
    fs
      .readFileSync(environment, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  )
  return {
    url: env.get('AWS_ENDPOINT_URL_SECRETS_MANAGER') ?? '',
    accessKeyId: env.get('AWS_ACCESS_KEY_ID') ?? '',
    secretAccessKey: env.get('AWS_SECRET_ACCESS_KEY') ?? ''
  }
}
