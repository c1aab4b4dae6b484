import { invalidChoice } from '../arguments/arguments.js'
import { visibleLines } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'
import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'
import { isFields } from './json/shapes.js'
import { formatText } from './text.js'

export const formats = ['json', 'text', 'table', 'yaml', 'yaml-stream'] as const

export type Format = (typeof formats)[number]

/** How to print a response. */
export interface Printing {
  readonly format: Format
  /** The operation's name, which is the title of a table. */
  readonly title: string
  readonly colour?: 'on' | 'off' | 'auto'
}

/** Returns the format of the flag, else of AWS_DEFAULT_OUTPUT, else of the vault, else JSON. Throws `UsageError`. */
export function chooseFormat(flag: string | undefined, io: Io, fromVault: string | undefined): Format {
  const chosen = flag ?? (io.env['AWS_DEFAULT_OUTPUT'] || undefined) ?? fromVault ?? 'json'
  const format = formats.find(name => name === chosen)
  if (format !== undefined) return format
  throw new UsageError(
    'arguments',
    `argument --output: ${invalidChoice(chosen, formats)}`,
    chosen === flag ? undefined : `'${chosen}' is the configured default output; pass --output to override it`
  )
}

export async function print(value: Plain, printing: Printing, io: Io): Promise<void> {
  const text = await formatted(value, printing, io)
  if (text !== '') await io.stdout.write(text)
}

/** Formats a value. A pipe or a file receives the exact text; for a terminal, control characters are escaped. */
async function formatted(value: Plain, { format, title, colour }: Printing, io: Io): Promise<string> {
  const { isTerminal } = io.stdout
  if (format === 'table') {
    const { formatTable } = await import('./table.js')
    const { colours, plainStyle } = await import('./section.js')
    const isPlain = colour === 'off' || (colour !== 'on' && (!isTerminal || Boolean(io.env['NO_COLOR'])))
    const shown = isTerminal ? escapeAll(value) : value
    return formatTable(title, shown, isPlain ? plainStyle : colours, io.stdout.columns ?? 80)
  }
  const text = await plainText(value, format)
  return isTerminal ? visibleLines(text) : text
}

/** Formats a value without escaping. Like the AWS CLI, returns an empty text for an empty response. */
async function plainText(value: Plain, format: Exclude<Format, 'table'>): Promise<string> {
  if (format === 'text') return formatText(value)
  if (isFields(value) && Object.keys(value).length === 0) return ''
  if (format === 'json') return `${JSON.stringify(value, null, 4)}\n`
  const { formatYaml } = await import('./yaml.js')
  return formatYaml(format === 'yaml' ? value : [value])
}

function escapeAll(value: Plain): Plain {
  if (typeof value === 'string') return visibleLines(value)
  if (Array.isArray(value)) return value.map(escapeAll)
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [visibleLines(key), escapeAll(part)]))
}
