import { usage } from '../../core/errors.js'
import { commandWords } from '../../core/run/words.js'
import { existingProgram } from '../../system/files/functionFiles.js'
import { withSafePath } from '../../system/files/programs.js'
import { runFunctionProcess, type FunctionEnding } from '../../system/run/functionProcess.js'
import { programEnvironment } from '../../core/run/programEnvironment.js'

/** A program of the user's own, which runs once. */
export interface OnceProgram {
  readonly command: readonly [string, ...string[]]
  /** Its name, as the user typed it. */
  readonly name: string
  /** Milliseconds that it may take. */
  readonly timeout: number
}

/** Milliseconds, as for a step of a function. */
const TIMEOUT = 300_000
/** Bytes of a value. */
export const MOST_VALUE = 65_536

/**
 * Returns the program of a command line. It may be in the repository, because the user has typed it. Throws `Usage` if there is
 * no such program.
 */
export function onceProgram(line: string, timeout = TIMEOUT): OnceProgram {
  const [name, ...args] = commandWords(line) ?? ['']
  if (name === '') throw usage('--command needs a program, and quotes come in pairs')
  const path = existingProgram(name)
  if (path === undefined) throw usage(`there is no program ${JSON.stringify(name)}`)
  return { command: [path, ...args], name, timeout }
}

/**
 * Runs the program in the current folder, without a shell, and with the user's environment but for what holds the identity of
 * git-vault. Never throws.
 * @param input goes to its standard input: neither arguments nor variables have a secret
 * @param printsValue keeps its standard output apart, which then is no text to be shown
 */
export function runOnce(
  { command, timeout }: OnceProgram,
  { input, printsValue, signal }: { input: object; printsValue: boolean; signal: AbortSignal }
): Promise<FunctionEnding> {
  const env = Object.entries(withSafePath(programEnvironment(process.env)))
  return runFunctionProcess({
    command,
    env: Object.fromEntries(env.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    cwd: process.cwd(),
    stdin: `${JSON.stringify(input)}\n`,
    timeout,
    signal,
    ...(printsValue ? { keepsStdout: MOST_VALUE + 2 } : {})
  })
}
