import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from '../files/files.js'
import { shown } from '../files/paths.js'
import { programPath, withSafePath } from '../files/programs.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProgramOptions {
  readonly env: Environment
  /** In bytes of its standard output. A program that prints more is ended. */
  readonly limit: number
  /** Which line of its standard error says why it failed; `never` if that may quote a value. */
  readonly reason: 'first' | 'last' | 'never'
  /** What to do if it fails. */
  readonly hint?: string | undefined
  /** Written to a pipe that is its standard input. By default it has this process's own, such as the terminal. */
  readonly input?: Uint8Array | undefined
}

/** The start of its standard error that is kept. */
const MAX_ERRORS = 16_384

/** Returns the absolute path of the first program of these names that is on PATH. Throws `FileFailed` if there is none. */
export function findProgram(names: readonly [string, ...string[]], env: Environment): string {
  const found = names.map(name => programPath(name, env)).find(path => path !== undefined)
  if (found !== undefined) return found
  const [name] = names
  throw new VaultError('FileFailed', `there is no program ${name} on PATH`, { hint: `install ${name}` })
}

/** Returns a path that the user gave as an absolute one, which no program takes for an option. */
export const absolute = (path: string): string => resolve(path)

/**
 * Runs a program, without a shell, and returns what it prints. Nothing is kept outside this process's memory. Throws
 * `FileFailed` with the program's own reason if it fails.
 * @param program absolute path
 * @param args must not contain a secret value, because other processes can see them
 */
export async function outputOf(
  program: string,
  args: readonly string[],
  { env, limit, reason, hint, input }: ProgramOptions
): Promise<Uint8Array> {
  const name = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1)
  let child: ChildProcess
  try {
    child = spawn(program, args, {
      env: withSafePath(env),
      stdio: [input === undefined ? 'inherit' : 'pipe', 'pipe', 'pipe']
    })
  } catch (error) {
    throw fileFailed(`cannot start ${name}`, error)
  }
  const ended = new Promise<number>((settle, reject) => {
    child.once('error', error => reject(fileFailed(`cannot start ${name}`, error)))
    child.once('close', (code, signal) => settle(code ?? 128 + constants.signals[signal!]))
  })
  // the program need not read it
  child.stdin?.on('error', () => undefined).end(input)
  const [output, errors, code] = await Promise.all([
    collected(child, 'stdout', limit),
    collected(child, 'stderr', MAX_ERRORS),
    ended
  ])
  if (output.isCut) throw new VaultError('FileFailed', `${name} printed more than ${limit} bytes`)
  if (code === 0) return output.bytes
  const why = lineOf(errors.bytes, reason) ?? `exit code ${code}`
  throw new VaultError('FileFailed', `${name} failed: ${shown(why)}`, hint === undefined ? {} : { hint })
}

/** Reads a stream to its end, and keeps its first bytes. The program is ended if its output is longer. */
async function collected(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  limit: number
): Promise<{ bytes: Buffer; isCut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of child[stream]! as AsyncIterable<Buffer>) {
    if (length <= limit) chunks.push(chunk)
    length += chunk.length
    if (length > limit && stream === 'stdout') child.kill()
  }
  return { bytes: Buffer.concat(chunks), isCut: length > limit }
}

const MAX_REASON = 300

function lineOf(errors: Uint8Array, which: ProgramOptions['reason']): string | undefined {
  if (which === 'never') return undefined
  const lines = Buffer.from(errors)
    .toString('utf8')
    .split('\n')
    .map(line => line.trim())
  return lines
    .filter(line => line !== '')
    .at(which === 'first' ? 0 : -1)
    ?.slice(0, MAX_REASON)
}
