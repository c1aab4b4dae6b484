import { utf8 } from '../format/canonical.js'
import { sodium } from '../sodium.js'

/** Shorter values are in many files by chance. In characters; of a binary value, in bytes. */
export const MIN_VALUE_LENGTH = 8
/** In levels of JSON: deeper values are searched as a part of the whole. */
const MAX_DEPTH = 20

/**
 * Returns the byte strings that show that a file has a value: the value itself, each string in it if it is JSON, and of each
 * of these the base64 (also inside a longer text in base64), the form in a URL, and the form in a JSON string.
 */
export function valueForms(value: string | Uint8Array): Uint8Array[] {
  if (typeof value !== 'string')
    return value.length < MIN_VALUE_LENGTH ? [] : [value, ...base64Forms(value).map(utf8)]
  const forms = new Set<string>()
  for (const part of partsOf(value)) {
    if (part.length < MIN_VALUE_LENGTH) continue
    // half a character, which only JSON can name, has no form in UTF-8 or in a URL
    if (/\p{Surrogate}/u.test(part)) continue
    const encoded = encodeURIComponent(part)
    const lower = encoded.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase())
    const escaped = JSON.stringify(part).slice(1, -1)
    for (const form of [part, encoded, lower, encoded.replaceAll('%20', '+'), escaped]) forms.add(form)
    for (const form of base64Forms(utf8(part))) forms.add(form)
  }
  return [...forms].map(utf8)
}

/** The value without white space at its ends, and the strings in it if it is JSON. */
function partsOf(value: string): Set<string> {
  const parts = new Set([value.trim()])
  try {
    addStrings(JSON.parse(value), parts, 0)
  } catch {
    // not JSON
  }
  return parts
}

function addStrings(value: unknown, parts: Set<string>, depth: number): void {
  if (typeof value === 'string') parts.add(value.trim())
  else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH)
    for (const each of Object.values(value)) addStrings(each, parts, depth + 1)
}

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
