import { refuseRepeated, unreadable, type NamedValue } from './entry.js'
import { textOf } from './parseFile.js'

/**
 * Returns the values in what the AWS CLI prints: the answer of `get-secret-value`, a list of such answers, or the answer of
 * `batch-get-secret-value`. Throws `Usage`, naming the secret and never a value.
 */
export function awsValues(bytes: Uint8Array, file: string): readonly NamedValue[] {
  const values = answers(textOf(bytes, file), file).map((answer, at): NamedValue => {
    if (!isObject(answer) || typeof answer['Name'] !== 'string')
      throw unreadable(file, `entry ${at + 1} has no Name`)
    return { name: answer['Name'], value: awsValue(answer, answer['Name'], file) }
  })
  refuseRepeated(values, file)
  if (values.length === 0) throw unreadable(file, 'it has no entries')
  return values
}

/** Returns the value in an answer of the AWS CLI. */
export function awsValue(answer: JsonObject, name: string, file: string): string | Uint8Array {
  const { SecretString: text, SecretBinary: base64 } = answer
  if (typeof text === 'string') return text
  const decoded = typeof base64 === 'string' ? fromBase64(base64) : undefined
  if (decoded) return decoded
  throw unreadable(file, `${JSON.stringify(name)} has no SecretString and no SecretBinary`)
}

function answers(text: string, file: string): readonly unknown[] {
  const parsed = parsedJson(text, file)
  if (Array.isArray(parsed)) return parsed
  if (!isObject(parsed)) throw unreadable(file, 'it is no answer of aws secretsmanager')
  const { SecretValues: list, Errors: errors } = parsed
  if (Array.isArray(errors) && errors.length > 0)
    throw unreadable(file, 'it has errors of batch-get-secret-value, so secrets are missing')
  return Array.isArray(list) ? list : [parsed]
}

export function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable(file, 'it is not JSON')
  }
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), character => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
