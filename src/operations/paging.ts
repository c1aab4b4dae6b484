import { utf8 } from '../core/canonical.js'
import { decode, encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { shortHash } from '../core/sodium.js'

/** The service's page size where a request names none. */
export const DEFAULT_PAGE = 100

export interface Page<T> {
  readonly items: T[]
  /** What comes after them, in order. */
  readonly left: Keyed<T>[]
  readonly NextToken?: string
}

/** What is listed, with what it is sorted by: unique in a list. */
export interface Keyed<T> {
  readonly item: T
  readonly key: string
}

/** What a token is good for: a list, and what was asked of it. */
export function ofQuery(list: string, query: unknown): string {
  return `${list} ${encode(shortHash(utf8(JSON.stringify(query))))}`
}

/**
 * A page of a list. Its token holds the sort key of the last item, so that what is added or removed meanwhile neither
 * repeats nor hides another. Throws InvalidNextTokenException for a token of another list.
 * @param list names the list, and all that decides what is in it
 * @param items in order: of their keys or, descending, the other way round
 */
export function page<T>(
  list: string,
  items: readonly Keyed<T>[],
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
  isDescending = false
): Page<T> {
  const after = NextToken === undefined ? undefined : readToken(list, NextToken)
  const rest =
    after === undefined ? items : items.filter(({ key }) => (isDescending ? key < after : key > after))
  const shown = rest.slice(0, MaxResults ?? DEFAULT_PAGE)
  const left = rest.slice(shown.length)
  const last = shown.at(-1)
  return {
    items: shown.map(({ item }) => item),
    left,
    ...(last === undefined || left.length === 0
      ? {}
      : { NextToken: encode(utf8(JSON.stringify([list, last.key]))) })
  }
}

function readToken(list: string, token: string): string {
  const bytes = decode(token)
  const [of, after] = bytes ? parse(bytes) : []
  if (of === list && typeof after === 'string') return after
  throw new VaultError('InvalidNextTokenException', 'The NextToken value is invalid.')
}

function parse(bytes: Uint8Array): unknown[] {
  try {
    const token: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(token) ? token : []
  } catch {
    return []
  }
}
