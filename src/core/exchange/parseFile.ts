import { unmarkedText, utf8Text } from '../encoding.js'
import { isJsonObject, jsonMemberList } from '../format/jsonField.js'
import { refuseRepeated, unreadable, type Entry, type ImportFormat } from './entry.js'

/**
 * Returns the entries of a file: its variables or top-level keys, in their order. Throws `Usage`, naming the file and the line
 * or key and never a value, if the file is not of the format, or has a name twice.
 */
export async function parseFile(
  bytes: Uint8Array,
  format: Exclude<ImportFormat, 'aws'>,
  file: string
): Promise<readonly Entry[]> {
  const text = textOf(bytes, file)
  const entries = format === 'json' ? jsonEntries(text, file) : await libraryEntries(text, format, file)
  refuseRepeated(entries, file)
  if (entries.length === 0) throw unreadable(file, 'it has no entries')
  return entries
}

/** Decodes UTF-8, without a byte order mark. */
export function textOf(bytes: Uint8Array, file: string): string {
  const text = unmarkedText(bytes)
  if (text === undefined) throw unreadable(file, 'it is not UTF-8')
  return text
}

/** Returns text if the bytes are UTF-8, and the bytes otherwise. */
export const textOrBytes = (bytes: Uint8Array): string | Uint8Array => utf8Text(bytes) ?? bytes

function jsonEntries(text: string, file: string): Entry[] {
  if (!isJsonObject(text)) throw unreadable(file, 'it is not a JSON object')
  return jsonMemberList(text).map(([name, json]) => ({ name, json }))
}

/** The libraries are in a file of their own in the build, because only imports need them. */
async function libraryEntries(
  text: string,
  format: 'dotenv' | 'yaml' | 'toml',
  file: string
): Promise<Entry[]> {
  const parsers = await import('./libraryParsers.js')
  const found =
    format === 'dotenv'
      ? parsers.dotenvEntries(text)
      : format === 'yaml'
        ? parsers.yamlEntries(text)
        : parsers.tomlEntries(text)
  if ('reason' in found) throw unreadable(file, found.reason)
  return [...found.entries]
}
