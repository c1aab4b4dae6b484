import { canAsk } from '../terminal/io.js'
import type { World } from './services.js'
import { UsageError } from '../arguments/usage.js'

/**
 * Asks for a yes. Throws `UsageError` for anything else, and where there is nobody to ask.
 * @param needs what the command needs then, such as `gc needs --yes`
 */
export async function confirm(
  { io, services }: World,
  question: string,
  { needs, refused = 'nothing was changed' }: { needs: string; refused?: string }
): Promise<void> {
  if (!canAsk(io)) throw new UsageError('input', `${needs} where there is no terminal`)
  if (!(await services.ask.confirm(question))) throw new UsageError('input', refused)
}
