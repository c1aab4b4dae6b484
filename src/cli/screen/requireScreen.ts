import { UsageError } from '../arguments/usage.js'
import { hasScreen, isAtTerminal } from '../terminal/hasScreen.js'
import type { Io } from '../terminal/io.js'

/** Throws `UsageError` without such a terminal. @param hint what to do instead */
export function requireScreen(io: Io, command: string, hint: string): void {
  if (hasScreen(io)) return
  const problem = isAtTerminal(io) ? 'this terminal cannot move its cursor: TERM is dumb' : 'no terminal'
  throw new UsageError('input', `cannot ${command}: ${problem}`, hint)
}
