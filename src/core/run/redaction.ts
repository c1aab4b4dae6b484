import { unmarkedText } from '../encoding.js'
import { MIN_VALUE_LENGTH, textForms, valueForms } from '../guard/valueForms.js'
import { jsonFields } from '../guard/jsonFields.js'
import { Patterns, Redactor } from './redactor.js'
import type { Given } from './variables.js'

export interface Redaction {
  /** Returns a filter for one stream. */
  readonly redactor: () => Redactor
  /** The names of the variables whose values are too short to be told from other text. */
  readonly short: readonly string[]
}

/**
 * Returns how to replace the values that a program gets, and the numbers of those that are JSON, in any of the forms of
 * `valueForms`. libsodium must be ready.
 */
export function redaction({ variables, files, stdin }: Given): Redaction {
  const forms: Uint8Array[] = []
  const short: string[] = []
  const add = (name: string, value: string | Uint8Array): void => {
    const own = valueForms(value)
    for (const form of own) forms.push(form)
    for (const { text } of jsonFields((typeof value === 'string' ? value : unmarkedText(value)) ?? ''))
      if (text.length >= MIN_VALUE_LENGTH) for (const form of textForms(text)) forms.push(form)
    if (own.length === 0 && value.length > 0) short.push(name)
  }
  for (const [name, value] of variables) add(name, value)
  for (const { variable, content } of files) add(variable, content)
  if (stdin !== undefined) add('standard input', stdin)
  const patterns = new Patterns(forms)
  return { redactor: () => new Redactor(patterns), short }
}
