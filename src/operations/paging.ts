import { utf8 } from '../core/canonical.js'
import { decode, encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'

/** The service's page size where a request names none. */
export const DEFAULT_PAGE = 100

export interface Page<T> {
  readonly items: T[]
  readonly NextToken?: string
}

/**
 * A page of a sorted list. Its token holds the sort key of the last item, so that what is added or removed meanwhile
 * neither repeats nor hides another. Throws InvalidNextTokenException for a token of another list.
 * @param list names the list, such as `ListSecrets`
 * @param keyOf unique among the items, and in their order
 */
export function page<T>(
  list: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined }
): Page<T> {
  const after = NextToken === undefined ? undefined : readToken(list, NextToken)
  const rest = after === undefined ? items : items.filter(item => keyOf(item) > after)
  const shown = rest.slice(0, MaxResults ?? DEFAULT_PAGE)
  const last = shown.at(-1)
  return last === undefined || shown.length === rest.length
    ? { items: shown }
    : { items: shown, NextToken: encode(utf8(JSON.stringify([list, keyOf(last)]))) }
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
