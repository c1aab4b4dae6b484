import { VaultError } from '../errors.js'

/** What a document is made of: strings, lists and maps, nothing else. Maps have no prototype. */
export type Value = string | readonly Value[] | ValueMap
type ValueMap = { readonly [key: string]: Value }

/**
 * The canonical form of FORMAT.md: RFC 8785 (JSON Canonicalization Scheme) of a value that holds no
 * numbers, booleans or null. Keys are sorted by UTF-16 code unit, which is how JavaScript compares strings;
 * nothing is normalised. Throws `ValidationException` for a string that is not well-formed Unicode, because
 * two such strings can have the same UTF-8.
 */
export function canonical(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const known = texts.get(value)
  if (known !== undefined) return known
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) members.push(`${quote(key)}:${canonical(member)}`)
  }
  const text = `{${members.join(',')}}`
  if (isFixed(value)) texts.set(value, text)
  return text
}

/** Of maps that cannot change: most of what a document says when it is written is what it said when it was read. */
const texts = new WeakMap<object, string>()

/** Freezes a map that holds only strings: what was made of it once holds for good. */
export function fix<M extends ValueMap>(map: M): M {
  return holdsStrings(map) ? Object.freeze(map) : map
}

export function isFixed(map: ValueMap): boolean {
  return Object.isFrozen(map) && holdsStrings(map)
}

function holdsStrings(map: ValueMap): boolean {
  return Object.values(map).every(member => typeof member === 'string')
}

/** UTF-8 of the canonical form. */
export function canonicalBytes(value: Value): Uint8Array {
  return utf8(canonical(value))
}

const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

function quote(text: string): string {
  if (UNESCAPED.test(text)) return `"${text}"`
  if (LONE_SURROGATE.test(text)) {
    throw new VaultError(
      'ValidationException',
      'a string is not well-formed Unicode (it has half of a surrogate pair)'
    )
  }
  return JSON.stringify(text)
}

/** What JSON writes as it is, in ASCII: nearly all that documents hold, and quicker told than quoted. */
const UNESCAPED = /^[ !#-[\]-~]*$/

/** Half of a pair: such a string is not Unicode, and two of them can have the same UTF-8. */
export const LONE_SURROGATE = /\p{Surrogate}/u
