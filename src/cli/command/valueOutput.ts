import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from './services.js'

/** The options of a command that prints values, or writes them to a file. */
export const outputOptions = {
  output: { kind: 'value' },
  force: { kind: 'flag', short: 'f' }
} as const

/** Throws `UsageError` if the values would be shown on a terminal and nobody has asked for that. */
export function refuseTerminal(command: string, parsed: Parsed, { io }: World): void {
  if (parsed.has('output') || parsed.has('force') || !io.stdout.isTerminal) return
  throw new UsageError(
    'input',
    `${command} does not show values on a terminal`,
    'pass --output FILE, or --force'
  )
}

/** Prints values, or writes them to the file of `--output`. */
export async function writeValues(text: string, parsed: Parsed, { io, services }: World): Promise<void> {
  const output = parsed.text('output')
  await (output === undefined
    ? io.stdout.write(text)
    : services.writePrivateFile(output, text, 'the secrets'))
}
