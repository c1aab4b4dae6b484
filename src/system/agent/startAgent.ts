import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'

/** For a machine that is busy with much else. */
const LONGEST_START = 15_000
const LONGEST_REASON = 600

/**
 * Starts a process that keeps the seed and listens at `path`, and resolves once it does. The seed goes over a pipe:
 * arguments and environment can be read from outside. It has a session of its own, so no terminal that is closed ends
 * it, and no environment.
 * @param ttl milliseconds
 */
export async function startAgent(path: string, ttl: number, seed: Uint8Array): Promise<void> {
  const child = spawn(process.execPath, [join(__dirname, 'agent.cjs'), path, String(ttl)], {
    cwd: '/',
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore', 'pipe']
  })
  const exit = new Promise<string>(resolve => {
    child.once('error', error => resolve(`its process cannot be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(`its process ended with ${signal ?? `status ${code}`}`))
  })
  // a child that died is noticed by what it said, not by the broken pipe
  child.stdin?.on('error', () => undefined).end(seed)
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_START)
  const said = await all(child.stdio[3] as Readable)
  clearTimeout(late)
  if (said !== 'ready') {
    const reason = said === '' ? await exit : said
    throw new VaultError('FileFailed', `the identity cannot be kept unlocked: ${shown(reason)}`)
  }
  child.unref()
}

async function all(stream: Readable): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream) if (text.length < LONGEST_REASON) text += chunk
  } catch {
    // it could not be started
  }
  return text
}
