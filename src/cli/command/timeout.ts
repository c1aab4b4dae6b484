import { UsageError } from '../arguments/usage.js'
import { duration } from '../terminal/duration.js'
import { visible } from '../terminal/escape.js'

const LONGEST = 24 * 3_600_000

/** Returns the milliseconds of `--timeout`; `undefined` if it is absent. Throws `UsageError` unless it is a time of up to a day. */
export function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeout = duration(text)
  if (timeout !== undefined && timeout > 0 && timeout <= LONGEST) return timeout
  throw new UsageError('input', `--timeout does not take '${visible(text)}'`, 'for example: --timeout 5m')
}
