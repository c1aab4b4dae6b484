import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { VaultError } from '../../core/errors.js'
import { ownProcess, type OwnProgram } from './ownProcess.js'
import { shown } from './paths.js'

/** A program of git-vault that outlives this process, and reports on file descriptor 3: see `reportToParent.ts`. */
export interface DetachedProgram {
  readonly program: OwnProgram
  /** Must not contain a secret, because other processes can see them. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that it runs in, if its environment may have relative paths. By default `/`, so that it keeps none in use. */
  readonly cwd?: string
  /** Its standard input, a pipe. */
  readonly input: string | Uint8Array
  /** Its name in a sentence, such as `the agent`. */
  readonly name: string
  /** The beginning of the error if it does not start. */
  readonly failure: string
}

/** Long enough for a busy machine. */
const START_TIMEOUT_MS = 15_000
const MAX_REPORT_LENGTH = 600

/**
 * Starts a program in a session of its own, so that closing the terminal does not end it, and resolves once it reports that
 * it is ready. Throws `FileFailed` if it does not start.
 */
export async function startDetached(started: DetachedProgram): Promise<ChildProcess> {
  const { program, args, env, cwd = '/', input, name, failure } = started
  const [file, ...all] = ownProcess(program, args)
  const child = spawn(file, all, {
    cwd,
    detached: true,
    windowsHide: true,
    env,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe']
  })
  const exit = new Promise<string>(resolve => {
    child.once('error', error => resolve(`${name} could not be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(`${name} ended with ${signal ?? `status ${code}`}`))
  })
  // a broken pipe is ignored: the report below shows that the child died
  child.stdin?.on('error', () => undefined).end(input)
  const timeout = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const report = await readReport(child.stdio[3] as Readable)
  clearTimeout(timeout)
  if (report !== 'ready')
    throw new VaultError('FileFailed', `${failure}: ${shown(report === '' ? await exit : report)}`)
  child.unref()
  return child
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
