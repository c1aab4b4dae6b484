import { textOf } from '../guard/valueForms.js'

/** A string or number in a JSON value. */
export interface JsonField {
  readonly text: string
  /** Whether its name, or the name of an object or list that it is in, is that of a credential. */
  readonly isSensitive: boolean
}

const SENSITIVE = /pass|secret|token|key|pin/i
/** In levels. Fields that are deeper are a part of the whole only. */
const MAX_DEPTH = 20

/** Returns the strings and numbers of a value that is JSON. */
export function jsonFields(value: string | Uint8Array): JsonField[] {
  const text = typeof value === 'string' ? value : textOf(value)
  if (text === undefined) return []
  try {
    const fields: JsonField[] = []
    addFields(JSON.parse(text), false, 0, fields)
    return [...fields, ...numbersOf(text)]
  } catch {
    return [] // not JSON
  }
}

function addFields(value: unknown, isSensitive: boolean, depth: number, fields: JsonField[]): void {
  if (typeof value === 'string' || typeof value === 'number')
    fields.push({ text: String(value).trim(), isSensitive })
  else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH)
    for (const [name, field] of Object.entries(value))
      addFields(field, isSensitive || SENSITIVE.test(name), depth + 1, fields)
}

/** The numbers as they are written: JavaScript changes those of more than 15 digits. */
function numbersOf(json: string): JsonField[] {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g) ?? []
  return tokens.flatMap(text => (text.startsWith('"') ? [] : [{ text, isSensitive: false }]))
}
