import { jsonTokens } from '../format/jsonField.js'

/** A string or number in a JSON value. */
export interface JsonField {
  readonly text: string
  readonly isString: boolean
  /** Whether its name, or the name of an object or list that it is in, is that of a credential. */
  readonly isSensitive: boolean
  /** Whether it says where a database is and who logs in, in a secret of the form of AWS's rotation functions. */
  readonly isPlace: boolean
}

const SENSITIVE = /pass|secret|token|key|pin/i
const PLACE = ['engine', 'host', 'port', 'dbname', 'username']
/** In levels. Fields that are deeper are a part of the whole only. */
const MAX_DEPTH = 20

/** Returns the strings and numbers of a text that is JSON, without white space at their ends; of any other text, none. */
export function jsonFields(text: string): JsonField[] {
  const fields = parsedFields(text)
  return fields ? [...fields, ...numbersOf(text)] : []
}

/** Returns the strings alone. */
export const jsonStrings = (text: string): string[] =>
  (parsedFields(text) ?? []).flatMap(field => (field.isString ? [field.text] : []))

function parsedFields(json: string): JsonField[] | undefined {
  try {
    const fields: JsonField[] = []
    addFields(JSON.parse(json), { isSensitive: false, isPlace: false }, 0, fields)
    return fields
  } catch {
    return undefined // not JSON
  }
}

function addFields(
  value: unknown,
  kind: Pick<JsonField, 'isSensitive' | 'isPlace'>,
  depth: number,
  fields: JsonField[]
): void {
  if (typeof value === 'string' || typeof value === 'number')
    fields.push({ text: String(value).trim(), isString: typeof value === 'string', ...kind })
  else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH)
    for (const [name, field] of Object.entries(value))
      addFields(
        field,
        {
          isSensitive: kind.isSensitive || SENSITIVE.test(name),
          isPlace: depth === 0 && PLACE.includes(name)
        },
        depth + 1,
        fields
      )
}

/** The numbers as they are written: JavaScript changes those of more than 15 digits. */
const numbersOf = (json: string): JsonField[] =>
  jsonTokens(json)
    .filter(token => /^[-\d]/.test(token))
    .map(text => ({ text, isString: false, isSensitive: false, isPlace: false }))
