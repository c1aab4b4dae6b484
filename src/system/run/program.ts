import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { errno } from '../files/files.js'
import { passSignals } from './signals.js'

type Environment = Readonly<Record<string, string | undefined>>

/** A program to run, in this process's group and at its terminal. */
export interface Program {
  readonly command: readonly [string, ...string[]]
  readonly env: Environment
  /** A file descriptor to read from, or the bytes; by default this process's own standard input. */
  readonly stdin: number | Uint8Array | undefined
  /** Receive the program's output. By default it goes where this process's own goes. */
  readonly outputs?: { readonly stdout: OutputOf; readonly stderr: OutputOf } | undefined
}

/** Receives each chunk, and `undefined` at the end. Returns false if nobody reads it any more. */
export type OutputOf = (chunk: Uint8Array | undefined) => Promise<boolean>

/** How the program ended: with an exit code, 128 and the signal's number as shells have it, or it did not start. */
export type Ending = { readonly code: number } | { readonly notStarted: string; readonly isNotFound: boolean }

/**
 * Starts a program, without a shell, and passes signals on to it until it ends.
 * @param prepare what the program is to get. Signals no longer end this process while it is called.
 */
export async function runProgram(prepare: () => Promise<Program>): Promise<Ending> {
  let child: ChildProcess | undefined
  const signals = passSignals(() => child)
  try {
    const { command, env, stdin, outputs } = await prepare()
    if (signals.early !== undefined) return { code: codeOf(signals.early) }
    const [file, ...args] = command
    const output = outputs ? 'pipe' : 'inherit'
    const input = stdin === undefined ? 'inherit' : typeof stdin === 'number' ? stdin : 'pipe'
    const stdio: StdioOptions = [input, output, output]
    try {
      child = spawn(file, args, { env, stdio })
    } catch (error) {
      // some failures are thrown, such as an environment that is too large
      return notStarted(error)
    }
    const ended = ending(child)
    if (child.stdin && typeof stdin === 'object') {
      // the program need not read it
      child.stdin.on('error', () => undefined)
      child.stdin.end(stdin)
    }
    const passed = outputs ? [pass(child.stdout!, outputs.stdout), pass(child.stderr!, outputs.stderr)] : []
    // a failure to write is thrown when the program has ended
    const failed = (await Promise.allSettled(passed)).find(({ status }) => status === 'rejected')
    const end = await ended
    if (failed?.status === 'rejected') throw failed.reason
    return end
  } finally {
    signals.stop()
  }
}

function ending(child: ChildProcess): Promise<Ending> {
  return new Promise(resolve => {
    child.once('error', error => {
      if (child.pid === undefined) resolve(notStarted(error))
    })
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? codeOf(signal!) })
    })
  })
}

/** The exit code that shells give a program that a signal ended. */
const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

function notStarted(error: unknown): Ending {
  const code = errno(error) ?? 'unknown reason'
  return { notStarted: REASONS[code] ?? code, isNotFound: code === 'ENOENT' }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'command not found',
  EACCES: 'it is not executable',
  E2BIG: 'its arguments and environment are too long for this system'
}

/** Passes a program's output on. If nobody reads it any more, closes it, so that the program learns that. */
async function pass(from: Readable, to: OutputOf): Promise<void> {
  // leaving the loop closes the stream
  for await (const chunk of from) if (!(await to(chunk as Uint8Array))) return
  await to(undefined)
}
