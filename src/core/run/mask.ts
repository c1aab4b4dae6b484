import { utf8 } from '../format/canonical.js'
import { MIN_VALUE_LENGTH, valueForms } from '../guard/valueForms.js'
import { Patterns, Redactor } from './redactor.js'

/** The end of what a program wrote; `isCut` if there was more before it. */
export interface Written {
  readonly bytes: Uint8Array
  readonly isCut: boolean
}

/** Fields of a JSON secret that are masked even if their text is short. */
const SENSITIVE = /pass|secret|token|key|pin/i

/**
 * Returns the end of a program's output, at most `limit` characters, with the values replaced. Parts of a value at its
 * beginning and end are left out. libsodium must be ready.
 */
export function masked(
  { bytes, isCut }: Written,
  values: ReadonlySet<string | Uint8Array>,
  limit: number
): string {
  const forms = [...values].flatMap(value => [...valueForms(value), ...shortForms(value)])
  const longest = forms.reduce((most, { length }) => Math.max(most, length), 0)
  const redactor = new Redactor(new Patterns(forms))
  if (isCut) redactor.push(bytes.subarray(0, longest))
  // `end` is not called: the bytes that it holds back may be the beginning of a value
  const shown = redactor.push(isCut ? bytes.subarray(longest) : bytes)
  const text = new TextDecoder().decode(shown).trimEnd()
  return text.length > limit ? text.slice(-limit) : text
}

/** Values that are too short to be told from other text. Here they are replaced all the same: nobody has to parse the output. */
function shortForms(value: string | Uint8Array): Uint8Array[] {
  if (typeof value !== 'string') return value.length < MIN_VALUE_LENGTH ? [value] : []
  const parts = [value.trim(), ...sensitiveFields(value)]
  return parts.filter(part => part !== '' && part.length < MIN_VALUE_LENGTH).map(utf8)
}

function sensitiveFields(text: string): string[] {
  try {
    return Object.entries(Object(JSON.parse(text)) as Record<string, unknown>).flatMap(([name, field]) =>
      SENSITIVE.test(name) && typeof field === 'string' ? [field] : []
    )
  } catch {
    return [] // not JSON
  }
}
