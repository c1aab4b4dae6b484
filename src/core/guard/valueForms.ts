import { unmarkedText } from '../encoding.js'
import { utf8 } from '../format/canonical.js'
import { sodium } from '../sodium.js'
import { jsonStrings } from './jsonFields.js'

/** Shorter values are in many files by chance. In characters; of a binary value, in bytes. */
export const MIN_VALUE_LENGTH = 8

/**
 * Returns the byte strings that show that a file has a value: the value itself, each string in it if it is JSON, and of each
 * of these the base64 (also inside a longer text in base64), the hexadecimal form, the form in a URL, and the form in a JSON
 * string. A binary value that is UTF-8 has the forms of its text too.
 * @param leftOut strings in it that are no secret
 */
export function valueForms(
  value: string | Uint8Array,
  leftOut: ReadonlySet<string> = new Set()
): Uint8Array[] {
  if (typeof value === 'string')
    return [...partsOf(value)].flatMap(part =>
      part.length < MIN_VALUE_LENGTH || leftOut.has(part) ? [] : textForms(part)
    )
  if (value.length < MIN_VALUE_LENGTH) return []
  const text = unmarkedText(value)
  return [value, ...byteForms(value).map(utf8), ...(text === undefined ? [] : valueForms(text, leftOut))]
}

/** Returns a text and its encoded forms, however short it is. */
export function textForms(text: string): Uint8Array[] {
  const escaped = JSON.stringify(text).slice(1, -1)
  const forms = new Set([escaped, ...asciiForms(escaped)])
  // half a character, which only JSON can name, has no form in UTF-8 or in a URL
  if (!/\p{Surrogate}/u.test(text))
    for (const form of [text, ...urlForms(text), ...byteForms(utf8(text))]) forms.add(form)
  return [...forms].map(utf8)
}

/** A JSON string in ASCII, as Python writes it, and in the form that is safe in HTML, as Go writes it. */
function asciiForms(escaped: string): string[] {
  const code = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0')
  const ascii = escaped.replace(/[\u007f-\uffff]/g, character => `\\u${code(character)}`)
  const upper = escaped.replace(/[\u007f-\uffff]/g, character => `\\u${code(character).toUpperCase()}`)
  const html = escaped.replace(/[<>&\u2028\u2029]/g, character => `\\u${code(character)}`)
  return [ascii, upper, html]
}

/** Libraries differ in the characters that they leave as they are, and in the form of a space. */
function urlForms(text: string): string[] {
  const component = encodeURIComponent(text)
  const strict = component.replace(/[!'()*]/g, percent)
  const field = component.replace(/[!'()~]/g, percent).replaceAll('%20', '+')
  const forms = [component, strict, strict.replaceAll('%2F', '/'), field, encodeURI(text)]
  const all = [...forms, component.replaceAll('%20', '+'), strict.replaceAll('%20', '+')]
  return all.flatMap(form => [form, form.replace(/%[0-9A-F]{2}/g, each => each.toLowerCase())])
}

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

function byteForms(bytes: Uint8Array): string[] {
  const hex = sodium.to_hex(bytes)
  return [...base64Forms(bytes), hex, hex.toUpperCase()]
}

/** The value without white space at its ends, and the strings in it if it is JSON. */
const partsOf = (value: string): Set<string> => new Set([value.trim(), ...jsonStrings(value)])

/**
 * The base64 of the bytes at each of the three places that they can have in a longer text, without the characters that
 * depend on what is beside them.
 */
function base64Forms(bytes: Uint8Array): string[] {
  const forms = new Set<string>()
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length)
    padded.set(bytes, before)
    const text = sodium.to_base64(padded, sodium.base64_variants.ORIGINAL_NO_PADDING)
    const stable = text.slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6))
    forms.add(stable)
    forms.add(stable.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return [...forms]
}
