import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'

/** Long enough for a busy machine. */
const START_TIMEOUT_MS = 15_000
const MAX_REPORT_LENGTH = 600

/**
 * Starts an agent and resolves once it listens at `path`. The seed is sent over a pipe, because other processes can read
 * arguments and environment variables. The agent gets a session of its own, so that closing the terminal does not end it,
 * and an empty environment. Throws `FileFailed` if it does not start.
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
    child.once('error', error => resolve(`the agent could not be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(`the agent ended with ${signal ?? `status ${code}`}`))
  })
  // a broken pipe is ignored: the report below shows that the child died
  child.stdin?.on('error', () => undefined).end(seed)
  const timeout = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const report = await readReport(child.stdio[3] as Readable)
  clearTimeout(timeout)
  if (report !== 'ready') {
    const reason = report === '' ? await exit : report
    throw new VaultError('FileFailed', `cannot keep the identity unlocked: ${shown(reason)}`)
  }
  child.unref()
}

async function readReport(stream: Readable): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream) if (text.length < MAX_REPORT_LENGTH) text += chunk
  } catch {
    // the child could not be started
  }
  return text
}
