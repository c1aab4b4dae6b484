import { hash } from 'node:crypto'
import type { HttpRequest } from './message.js'

/**
 * The canonical request of Signature Version 4, for the path `/`; `undefined` if the query cannot be decoded.
 */
export function canonicalRequest(
  { method, headers, body, query }: HttpRequest,
  signedHeaders: readonly string[]
): string | undefined {
  const parameters = canonicalQuery(query)
  if (parameters === undefined) return undefined
  let lines = ''
  for (const name of signedHeaders) lines += `${name}:${collapsed(headers.get(name) ?? '')}\n`
  // the caller has checked that the path is /
  return `${method}\n/\n${parameters}\n${lines}\n${signedHeaders.join(';')}\n${hash('sha256', body)}`
}

/** The parameters sorted by name, without the signature, which cannot cover itself. */
function canonicalQuery(query: string): string | undefined {
  if (query === '') return ''
  const pairs = parameters(query)
  return pairs
    ?.filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, b], [c, d]) => (a === c ? order(b, d) : order(a, c)))
    .map(pair => pair.join('='))
    .join('&')
}

/** The decoded names and values of a query; `undefined` if one is not percent-encoded UTF-8. */
export function parameters(query: string): (readonly [name: string, value: string])[] | undefined {
  const pairs = query
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const [name, ...value] = part.split('=')
      return [decoded(name ?? ''), decoded(value.join('='))] as const
    })
  const isDecoded = (pair: readonly [unknown, unknown]): pair is readonly [string, string] =>
    pair.every(text => text !== undefined)
  return pairs.every(isDecoded) ? pairs : undefined
}

/** `undefined` if `text` is not percent-encoded UTF-8. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`
  )
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A header's value as it is signed: trimmed, with runs of spaces collapsed to one. */
const collapsed = (value: string): string => value.trim().replace(/ {2,}/g, ' ')
