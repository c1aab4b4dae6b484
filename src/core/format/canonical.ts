import { VaultError } from '../errors.js'

/** A document's value consists of strings, lists and maps only. Maps have no prototype. */
export type Value = string | readonly Value[] | ValueMap
export type ValueMap = { readonly [key: string]: Value }

/**
 * Returns the canonical form of a value (FORMAT.md, "Canonical form"): RFC 8785 without numbers, booleans or
 * null. Keys are sorted by UTF-16 code unit, which is how JavaScript compares strings. Nothing is normalised.
 * Throws `ValidationException` for a string that is not well-formed Unicode, because two such strings can
 * have the same UTF-8.
 */
export function canonical(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const cached = texts.get(value)
  if (cached !== undefined) return cached
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) members.push(`${quote(key)}:${canonical(member)}`)
  }
  const text = `{${members.join(',')}}`
  if (isFrozenFlat(value)) texts.set(value, text)
  return text
}

/**
 * The canonical forms of immutable maps. Most maps of a document that is written are unchanged since the
 * document was read.
 */
const texts = new WeakMap<object, string>()

/**
 * Freezes a map that holds only strings, so that results computed from it can be cached. Returns the same
 * map.
 */
export function freezeFlat<M extends ValueMap>(map: M): M {
  return isFlat(map) ? Object.freeze(map) : map
}

/** Whether a map is immutable: frozen, and holding only strings. */
export function isFrozenFlat(map: ValueMap): boolean {
  return Object.isFrozen(map) && isFlat(map)
}

function isFlat(map: ValueMap): boolean {
  return Object.values(map).every(member => typeof member === 'string')
}

/** Returns the canonical form in UTF-8. */
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

/**
 * ASCII text that JSON does not escape. Most strings of documents match, and matching is faster than quoting.
 */
const UNESCAPED = /^[ !#-[\]-~]*$/

/** Half of a surrogate pair. Such a string is not Unicode, and two of them can have the same UTF-8. */
export const LONE_SURROGATE = /\p{Surrogate}/u
