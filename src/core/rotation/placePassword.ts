import { usage } from '../errors.js'
import { findField, isJsonObject, withField } from '../format/jsonField.js'

const DEFAULT_FIELD = 'password'

/**
 * Returns a value with another password: in a field if the value is a JSON object, or else in place of it. Everything else
 * of the object stays as it is. Throws `Usage` if the field is missing, or is not a string.
 * @param name of the secret, for the error
 */
export function placePassword(
  text: string,
  password: string,
  field: string | undefined,
  name: string
): string {
  if (!isJsonObject(text)) {
    if (field === undefined) return password
    throw usage(`${name} is not a JSON object, so it has no field ${JSON.stringify(field)}`)
  }
  const found = findField(text, field ?? DEFAULT_FIELD)
  if (found.kind === 'missing')
    throw field === undefined
      ? usage(`${name} is a JSON object without a field "${DEFAULT_FIELD}"`, 'name the field: --field FIELD')
      : usage(`${name} has no field ${JSON.stringify(field)}`)
  if (text[found.start] !== '"')
    throw usage(`the field ${JSON.stringify(field ?? DEFAULT_FIELD)} of ${name} is not a string`)
  return withField(text, found, JSON.stringify(password))
}

/**
 * Returns a value with what a program printed as the new one: in the named field, or in place of the value. Throws `Usage` if
 * that would replace a JSON object by something else.
 */
export function placePrinted(text: string, printed: string, field: string | undefined, name: string): string {
  if (field !== undefined) return placePassword(text, printed, field, name)
  if (isJsonObject(text) && !isJsonObject(printed))
    throw usage(
      `${name} is a JSON object, and the program printed something else`,
      'name the field of the new value: --field FIELD'
    )
  return printed
}
