import { sodium } from './sodium.js'

/** Base64url without padding (RFC 4648 section 5), the one form in which documents hold bytes. */
export function encode(bytes: Uint8Array): string {
  return sodium.to_base64(bytes, sodium.base64_variants.URLSAFE_NO_PADDING)
}

/**
 * The bytes, or `undefined` where `text` is not exactly what `encode` would make of some bytes (stray bits
 * in the last character, padding, other alphabets) or, if `length` is given, of that many.
 */
export function decode(text: string, length?: number): Uint8Array | undefined {
  let bytes: Uint8Array
  try {
    bytes = sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING)
  } catch {
    return undefined // libsodium's message says no more than that it is not base64
  }
  if (encode(bytes) !== text) return undefined
  return length === undefined || bytes.length === length ? bytes : undefined
}
