import { utf8 } from './canonical.js'

/** A git trailer: a token of ASCII letters and hyphens, and any text. */
export type Trailer = readonly [key: string, value: string]

/**
 * The message of a vault's commit: `<operation> <subject>`, a blank line, then trailers. Values come from callers, so
 * whatever is not printable ASCII is percent-encoded: no line break can make a trailer of its own.
 */
export function commitMessage(operation: string, subject: string, trailers: readonly Trailer[]): string {
  const lines = trailers.map(([key, value]) => `${key}: ${percentEncode(value)}`)
  return `${operation} ${percentEncode(subject)}\n\n${lines.join('\n')}\n`
}

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

/** Every byte of UTF-8 that is not printable ASCII, the percent sign, and spaces at either end (git drops those). */
export function percentEncode(text: string): string {
  const encoded = [...utf8(text)].map(byte =>
    byte > 0x1f && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : hex(byte)
  )
  if (encoded[0] === ' ') encoded[0] = hex(0x20)
  if (encoded.at(-1) === ' ') encoded[encoded.length - 1] = hex(0x20)
  return encoded.join('')
}

/** The text that `percentEncode` was given; text that it would not make comes back as it is. */
export function percentDecode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded // a commit that somebody wrote by hand
  }
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
