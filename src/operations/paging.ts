import { utf8 } from '../core/canonical.js'
import { decode, encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { shortHash } from '../core/sodium.js'

/** The service's page size where a request names none. */
export const DEFAULT_PAGE = 100

export interface Page<T> {
  readonly items: T[]
  readonly NextToken?: string
}

/** What a token is good for: a list, and what was asked of it. */
export function ofQuery(list: string, query: unknown): string {
  return `${list} ${encode(shortHash(utf8(JSON.stringify(query))))}`
}

/**
 * A page of a list. Its token holds the sort key of the last item, so that what is added or removed meanwhile neither
 * repeats nor hides another. Throws InvalidNextTokenException for a token of another list.
 * @param list names the list, and all that decides what is in it
 * @param items with keys that are unique among them, in the order of those
 */
export function page<T>(
  list: string,
  items: readonly { readonly item: T; readonly key: string }[],
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
  isDescending = false
): Page<T> {
  const after = NextToken === undefined ? undefined : readToken(list, NextToken)
  const ordered = isDescending ? items.toReversed() : items
  const rest =
    after === undefined ? ordered : ordered.filter(({ key }) => (isDescending ? key < after : key > after))
  const shown = rest.slice(0, MaxResults ?? DEFAULT_PAGE)
  const last = shown.at(-1)
  return {
    items: shown.map(({ item }) => item),
    ...(last === undefined || shown.length === rest.length
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
