import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { textSize, whiteSpaceAtEnd } from '../terminal/textSize.js'
import type { World } from './services.js'

/** The options of a verb that asks for a value. */
export const valueOptions = {
  multiline: { kind: 'flag', short: 'm' },
  confirm: { kind: 'flag' }
} as const

/** Asks for a value without showing it, and says how long it was. Throws `UsageError` if it is not the same twice. */
export async function askForValue(
  question: string,
  parsed: Parsed,
  { io, services }: World
): Promise<Uint8Array> {
  const untilEnd = parsed.has('multiline')
  const value = await services.ask.value(question, untilEnd)
  if (parsed.has('confirm') && (await services.ask.value(`${question}, again`, untilEnd)) !== value)
    throw new UsageError('input', 'the two values differ', 'nothing was stored: run the command again')
  if (value !== '') await io.stderr.write(`git-vault: took ${textSize(value)}\n`)
  const end = whiteSpaceAtEnd(value)
  if (end !== undefined)
    await io.stderr.write(`git-vault: warning: the value ends in ${end}, which is a part of it\n`)
  return new TextEncoder().encode(value)
}
