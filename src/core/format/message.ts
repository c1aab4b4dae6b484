import { utf8 } from './canonical.js'

/** A git trailer. The key consists of ASCII letters and hyphens; the value is any text. */
export type Trailer = readonly [key: string, value: string]

/**
 * Returns the message of a vault's commit (FORMAT.md, "The commit"): `<operation> <subject>`, a blank line,
 * then trailers. Values come from callers, so all but printable ASCII is percent-encoded: a line break cannot
 * add a trailer.
 */
export function commitMessage(operation: string, subject: string, trailers: readonly Trailer[]): string {
  const lines = trailers.map(([key, value]) => `${key}: ${percentEncode(value)}`)
  return `${operation} ${percentEncode(subject)}\n\n${lines.join('\n')}\n`
}

/** Parses a commit message, which may not be git-vault's. Lines that are not trailers are skipped. */
export function parseMessage(message: string): { operation: string; subject: string; trailers: Trailer[] } {
  const [first = '', , ...rest] = message.split('\n')
  const space = first.indexOf(' ')
  const trailers = rest.flatMap(line => {
    const [, key, value] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [[key, percentDecode(value)] as const]
  })
  return space < 0
    ? { operation: first, subject: '', trailers }
    : { operation: first.slice(0, space), subject: percentDecode(first.slice(space + 1)), trailers }
}

/**
 * Encodes every byte of UTF-8 that is not printable ASCII, the percent sign, and a space at either end (git
 * removes those).
 */
export function percentEncode(text: string): string {
  const encoded = [...utf8(text)].map(byte =>
    byte > 0x1f && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : hex(byte)
  )
  if (encoded[0] === ' ') encoded[0] = hex(0x20)
  if (encoded.at(-1) === ' ') encoded[encoded.length - 1] = hex(0x20)
  return encoded.join('')
}

/** Undoes `percentEncode`. Text that cannot be decoded is returned unchanged. */
export function percentDecode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded // a commit message written by hand
  }
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
