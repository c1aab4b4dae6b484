import { VaultError, type ErrorCode } from '../../core/errors.js'
import { visible, visibleLines } from './escape.js'
import { exit } from './exit.js'
import { Interrupted, isReaderGone, type Io, type Output } from './io.js'
import { spokenLines } from './spoken.js'
import { UsageError } from '../arguments/usage.js'

const CONFIGURATION: ReadonlySet<ErrorCode> = new Set([
  'VaultNotFound',
  'IdentityNotFound',
  'IdentityLocked',
  'RootUnknown'
])

/** The command that failed, and its operation if it is one of the AWS CLI's commands. */
export interface FailedCommand {
  readonly command: string | undefined
  readonly operation: string | undefined
}

/** Reports an error on stderr and returns the exit code. Every error of a command ends here. */
export async function report(error: unknown, failed: FailedCommand, io: Io): Promise<number> {
  if (isReaderGone(error)) return exit.ok
  if (error instanceof Interrupted) return exit.interrupted
  const { text, code } = describe(error, failed, io.stderr)
  await io.stderr.write(visibleLines(text)).catch(() => undefined)
  if (io.env['GIT_VAULT_DEBUG'] === '1' && error instanceof Error) {
    await io.stderr.write(`${visibleLines(stacks(error))}\n`).catch(() => undefined)
  }
  return code
}

function describe(
  error: unknown,
  { command, operation }: FailedCommand,
  stderr: Output
): { text: string; code: number } {
  if (error instanceof UsageError) {
    const message = error.kind === 'arguments' ? `git-vault: error: ${error.message}` : error.message
    const usage = error.kind === 'arguments' || error.kind === 'unknown' ? usageOf(command) : ''
    const aws = `\n${usage}${message}\n${hintLine(error.hint)}`
    const code = error.kind === 'other' ? exit.other : exit.usage
    return { text: operation === undefined ? plain(error, stderr) : aws, code }
  }
  if (!(error instanceof VaultError)) {
    const line = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!
    const message = (error instanceof Error && systemError(error)) || `internal error: ${line}`
    return { text: `git-vault: ${message}\n`, code: exit.other }
  }
  if (error.isService && operation !== undefined) {
    return {
      text: `\nAn error occurred (${error.code}) when calling the ${operation} operation: ${error.message}\n${hintLine(error.hint)}`,
      code: exit.service
    }
  }
  return { text: plain(error, stderr), code: codeOf(error) }
}

/** Returns a message for a failure of the system; `undefined` if it looks like a fault of the program. */
function systemError({ syscall, code }: NodeJS.ErrnoException): string | undefined {
  if (syscall === 'uv_cwd') return 'the current folder no longer exists'
  return syscall === 'write' ? `cannot write the output: ${code}` : undefined
}

function codeOf(error: VaultError): number {
  if (error.isService) return exit.service
  if (error.code === 'Usage') return exit.usage
  if (error.code === 'RotationInterrupted') return exit.interrupted
  return CONFIGURATION.has(error.code) ? exit.configuration : exit.other
}

const usageOf = (command: string | undefined): string =>
  'usage: git-vault <command> [options]\nTo see help text, you can run:\n\n  git-vault help\n' +
  `  git-vault ${command ?? '<command>'} help\n\n`

/** A message may have words to be read aloud. A hint may have a command to paste, so its line stays whole. */
function plain({ message, hint }: { message: string; hint: string | undefined }, stderr: Output): string {
  const line = `git-vault: ${message}`
  return `${message.includes('\n') ? line : spokenLines('', line, stderr)}\n${hintLine(hint)}`
}

const hintLine = (hint: string | undefined): string =>
  hint === undefined ? '' : `git-vault: hint: ${hint}\n`

function stacks(error: Error): string {
  const stack = error.stack ?? error.message
  return error.cause instanceof Error ? `${stack}\ncaused by ${stacks(error.cause)}` : stack
}

/** Returns a function that prints a notice on stderr. It does not wait, and ignores a failed write. */
export const noticeTo =
  (io: Io): ((line: string) => void) =>
  line => {
    io.stderr.write(`git-vault: ${visible(line)}\n`).catch(() => undefined)
  }
