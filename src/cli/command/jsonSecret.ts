import type { FoundField } from '../../core/format/jsonField.js'
import { UsageError } from '../arguments/usage.js'
import { visible } from '../terminal/escape.js'

/** More fields than these are counted. */
const MAX_NAMES = 20

/**
 * Throws `UsageError` unless the text is a JSON object. No message repeats a part of the secret.
 * @param reader what needs the object, such as `--json-key`
 */
export function requireJsonObject(text: string, reader: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UsageError('input', `${reader} needs a JSON object, and this secret is not JSON`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError('input', `${reader} needs a JSON object, and this secret is another JSON value`)
}

/** Returns the error for a field that a secret lacks, with the fields that it has beside it. */
export function missingField(field: string, missing: FoundField & { kind: 'missing' }): UsageError {
  return new UsageError('input', `this secret has no key '${visible(field)}'`, fieldsHint(missing))
}

export function fieldsHint({ under, names }: FoundField & { kind: 'missing' }): string {
  const where = under.length === 0 ? 'it' : `'${visible(under.join('.'))}'`
  if (names.length === 0) return `${where} has no keys`
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  return `${where} has the keys ${names.slice(0, MAX_NAMES).map(visible).join(', ')}${more}`
}
