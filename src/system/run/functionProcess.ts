import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { errno } from '../files/files.js'

/** A program that runs once, apart from the terminal, and is stopped if it takes too long. */
export interface FunctionProcess {
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly stdin: string
  /** Milliseconds. */
  readonly timeout: number
  /** Stops it. */
  readonly signal: AbortSignal
  /** Keeps this many bytes of its standard output apart, out of `output`. */
  readonly keepsStdout?: number
}

export interface FunctionEnding {
  /** Why it failed; `undefined` if it ended with code 0. */
  readonly failure: string | undefined
  /** The last bytes that it wrote, to either stream. */
  readonly output: LastBytes
  /** The last bytes of its standard output, if that is kept apart. */
  readonly stdout?: LastBytes
}

interface LastBytes {
  readonly bytes: Uint8Array
  /** Whether there was more before them. */
  readonly isCut: boolean
}

/** Bytes of its output that are kept: more than a value has in any of its forms. */
const KEPT_OUTPUT = 512 * 1024
/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 2_000
/** Milliseconds in which the output may arrive after the end of the process. */
const LAST_OUTPUT = 500

/**
 * Runs a program in a process group of its own, without a shell. When it has ended, whatever it left running in that group
 * is killed. Never throws.
 */
export async function runFunctionProcess(options: FunctionProcess): Promise<FunctionEnding> {
  const { command, env, cwd, stdin, timeout, signal, keepsStdout } = options
  const [file, ...args] = command
  const output = new Tail(KEPT_OUTPUT)
  const apart = keepsStdout === undefined ? undefined : new Tail(keepsStdout)
  const ending = (failure: string | undefined): FunctionEnding => ({
    failure,
    output: output.end(),
    ...(apart ? { stdout: apart.end() } : {})
  })
  if (signal.aborted) return ending('it was stopped')
  let child: ChildProcess
  try {
    child = spawn(file, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: !isWindows })
  } catch (error) {
    return ending(notStarted(error, cwd))
  }
  let stopped: string | undefined
  let killer: NodeJS.Timeout | undefined
  const stop = (why: string) => (): void => {
    stopped ??= why
    send(child, 'SIGTERM')
    killer ??= setTimeout(() => send(child, 'SIGKILL'), GRACE)
  }
  const timer = setTimeout(stop(`it took longer than ${timeout / 1000} s`), timeout)
  const onAbort = stop('it was stopped')
  signal.addEventListener('abort', onAbort)
  for (const [stream, tail] of [[child.stdout, apart ?? output] as const, [child.stderr, output] as const])
    stream?.on('data', (chunk: Uint8Array) => tail.add(chunk)).on('error', () => undefined)
  // the program need not read it
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(stdin)
  try {
    const failure = await ended(child, cwd)
    await closed(child)
    return ending(stopped ?? failure)
  } finally {
    clearTimeout(timer)
    clearTimeout(killer)
    signal.removeEventListener('abort', onAbort)
    send(child, 'SIGKILL')
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

const isWindows = process.platform === 'win32'

/** Sends a signal to the program and all that it started in its group. */
function send(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (isWindows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // nothing of it is left
  }
}

function ended(child: ChildProcess, cwd: string): Promise<string | undefined> {
  return new Promise(resolve => {
    child.once('error', error => {
      if (child.pid === undefined) resolve(notStarted(error, cwd))
    })
    child.once('exit', (code, signal) => {
      if (signal) resolve(`it was ended by ${signal} (${constants.signals[signal]})`)
      else resolve(code === 0 ? undefined : `it ended with exit code ${code}`)
    })
  })
}

/** Waits for the rest of the output, but not for long: a process that the program left behind may hold the pipes open. */
async function closed(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter(
    stream => stream && !stream.closed && !stream.readableEnded
  )
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    Promise.all(open.map(stream => new Promise(resolve => stream!.once('close', resolve)))),
    new Promise(resolve => (timer = setTimeout(resolve, LAST_OUTPUT)))
  ])
  clearTimeout(timer)
}

function notStarted(error: unknown, cwd: string): string {
  if (errno(error) !== 'ENOENT') return `it did not start: ${errno(error) ?? 'unknown reason'}`
  // the system has one code for both
  return existsSync(cwd)
    ? 'its program was not found'
    : `the folder that it runs in was not found: ${JSON.stringify(cwd)}`
}

/** The last bytes of a stream, however long it is. */
class Tail {
  readonly #limit: number
  #chunks: Uint8Array[] = []
  #length = 0
  #isCut = false

  constructor(limit: number) {
    this.#limit = limit
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length > 2 * this.#limit) this.#shorten()
  }

  end(): LastBytes {
    this.#shorten()
    return { bytes: this.#chunks[0] ?? new Uint8Array(), isCut: this.#isCut }
  }

  #shorten(): void {
    const all = Buffer.concat(this.#chunks)
    this.#isCut ||= all.length > this.#limit
    const kept = Uint8Array.from(all.subarray(Math.max(0, all.length - this.#limit)))
    this.#chunks = [kept]
    this.#length = kept.length
  }
}
