import { utf8 } from '../format/canonical.js'
import { unmarkedText } from '../encoding.js'
import { MIN_VALUE_LENGTH, textForms, valueForms } from '../guard/valueForms.js'
import { jsonFields } from '../guard/jsonFields.js'
import { Patterns, Redactor } from './redactor.js'

/** The end of what a program wrote; `isCut` if there was more before it. */
export interface Written {
  readonly bytes: Uint8Array
  readonly isCut: boolean
}

/** Shorter texts are replaced as they are only: their encoded forms are in any output by chance. */
const MIN_ENCODED_LENGTH = 4

/**
 * Returns the end of a program's output, at most `limit` characters, with the values replaced. Parts of a value at its
 * beginning and end are left out. The host, port and user of a database stay. libsodium must be ready.
 */
export function masked(
  { bytes, isCut }: Written,
  values: ReadonlySet<string | Uint8Array>,
  limit: number
): string {
  const forms = [...values].flatMap(value => {
    const shown = placeOf(value)
    return [...valueForms(value, shown), ...fieldForms(value, shown)]
  })
  const longest = forms.reduce((most, { length }) => Math.max(most, length), 0)
  const redactor = new Redactor(new Patterns(forms))
  if (isCut) redactor.push(bytes.subarray(0, longest))
  // `end` is not called: the bytes that it holds back may be the beginning of a value
  const shown = redactor.push(isCut ? bytes.subarray(longest) : bytes)
  const text = new TextDecoder().decode(shown).trimEnd()
  return text.length > limit ? text.slice(-limit) : text
}

/** The strings and numbers of a value that say where a database is, unless another field is the same. */
function placeOf(value: string | Uint8Array): ReadonlySet<string> {
  const fields = jsonFields((typeof value === 'string' ? value : unmarkedText(value)) ?? '')
  const others = new Set(
    fields.flatMap(({ text, isPlace, isString }) => (isPlace || !isString ? [] : [text]))
  )
  return new Set(fields.flatMap(({ text, isPlace }) => (isPlace && !others.has(text) ? [text] : [])))
}

/**
 * The numbers of a value, and values that are too short to be told from other text. Here these are replaced all the same:
 * nobody has to parse the output.
 */
function fieldForms(value: string | Uint8Array, shown: ReadonlySet<string>): Uint8Array[] {
  const whole = typeof value === 'string' ? value : unmarkedText(value)
  const fields = jsonFields(whole ?? '').filter(
    ({ text, isSensitive }) => !shown.has(text) && (isSensitive || text.length >= MIN_VALUE_LENGTH)
  )
  const texts = new Set([...(whole === undefined ? [] : [whole.trim()]), ...fields.map(({ text }) => text)])
  const own = typeof value === 'string' || value.length >= MIN_VALUE_LENGTH ? [] : [value]
  return [...own, ...[...texts].flatMap(formsOf)]
}

const formsOf = (text: string): Uint8Array[] =>
  text.length >= MIN_ENCODED_LENGTH ? textForms(text) : text === '' ? [] : [utf8(text)]
