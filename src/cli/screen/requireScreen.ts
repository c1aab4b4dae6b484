import { UsageError } from '../arguments/usage.js'
import type { Io } from '../terminal/io.js'

/** Whether the user has a terminal that can show a full screen. */
export const hasScreen = ({ stdin, stdout, stderr, env }: Io): boolean =>
  stdin.isTerminal && stdout.isTerminal && stderr.isTerminal && !isDumb(env)

/** Throws `UsageError` without such a terminal. @param hint what to do instead */
export function requireScreen(io: Io, command: string, hint: string): void {
  if (hasScreen(io)) return
  const hasTerminal = io.stdin.isTerminal && io.stdout.isTerminal && io.stderr.isTerminal
  const problem = hasTerminal ? 'this terminal cannot move its cursor: TERM is dumb' : 'no terminal'
  throw new UsageError('input', `cannot ${command}: ${problem}`, hint)
}

const isDumb = (env: Io['env']): boolean => (env['TERM'] ?? 'dumb') === 'dumb'
