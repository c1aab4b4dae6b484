import { canAsk } from '../terminal/io.js'
import type { World } from './services.js'
import { UsageError } from '../arguments/usage.js'

/**
 * Asks a yes-or-no question. Throws `UsageError` if the answer is no, or if there is no terminal.
 * @param hint what to do if there is no terminal, such as `pass --yes`
 */
export async function confirm(
  { io, services }: World,
  question: string,
  { hint, refused = 'nothing was changed' }: { hint: string; refused?: string }
): Promise<void> {
  if (!canAsk(io)) throw new UsageError('input', 'cannot ask for confirmation: no terminal', hint)
  if (!(await services.ask.confirm(question))) throw new UsageError('input', refused)
}
