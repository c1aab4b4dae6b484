import type { Io } from '../io.js'
import { UsageError } from '../usage.js'
import { visibleLines } from '../escape.js'
import type { Plain } from './plain.js'
import { formatText } from './text.js'

export type Format = 'json' | 'text'

/** The flag, then the user's environment, then the vault's own default. */
export function chooseFormat(flag: string | undefined, io: Io, fromVault: string | undefined): Format {
  const format = flag ?? (io.env['AWS_DEFAULT_OUTPUT'] || undefined) ?? fromVault ?? 'json'
  if (format === 'json' || format === 'text') return format
  throw new UsageError(
    'arguments',
    `argument --output: Invalid choice, valid choices are:\n\njson\ntext`,
    format === flag
      ? undefined
      : `'${format}' is the default output that was set; pass --output to override it`
  )
}

export async function print(value: Plain, format: Format, io: Io): Promise<void> {
  const text = format === 'json' ? formatJson(value) : formatText(value)
  // A secret goes byte by byte to a pipe or a file, and never as commands to a terminal.
  if (text !== '') await io.stdout.write(io.stdout.isTerminal ? visibleLines(text) : text)
}

/** Nothing at all for an empty response, as the AWS CLI has it. */
function formatJson(value: Plain): string {
  const empty = typeof value === 'object' && value !== null && !Array.isArray(value)
  return empty && Object.keys(value).length === 0 ? '' : `${JSON.stringify(value, null, 4)}\n`
}
