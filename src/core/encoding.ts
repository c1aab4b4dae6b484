import { sodium } from './sodium.js'

/** As `utf8Text`, without a byte order mark. */
export const unmarkedText = (bytes: Uint8Array): string | undefined => utf8Text(bytes)?.replace(/^\uFEFF/, '')

/** Returns the text of bytes in UTF-8, with a byte order mark if they begin with one; `undefined` if they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Base64url without padding (RFC 4648 section 5), the only form of bytes in documents. */
export function encode(bytes: Uint8Array): string {
  return sodium.to_base64(bytes, sodium.base64_variants.URLSAFE_NO_PADDING)
}

/**
 * The bytes. `undefined` if `text` is not exactly what `encode` returns for them (stray bits in the last
 * character, padding, other alphabets), or if they are not `length` bytes.
 */
export function decode(text: string, length?: number): Uint8Array | undefined {
  let bytes: Uint8Array
  try {
    bytes = sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING)
  } catch {
    return undefined // libsodium's error has no detail worth keeping
  }
  if (encode(bytes) !== text) return undefined
  return length === undefined || bytes.length === length ? bytes : undefined
}
