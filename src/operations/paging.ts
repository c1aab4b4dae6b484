import { utf8 } from '../core/format/canonical.js'
import { decode, encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { shortHash } from '../core/sodium.js'
import type { Keyed, Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'

/** The service's page size where a request names none. */
export const DEFAULT_PAGE = 100

export interface Page<T> {
  readonly items: T[]
  /** What comes after them, in order. */
  readonly left: Keyed<T>[]
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

/**
 * A page of a vault's secrets.
 * @param of the list's name, and what was asked of it
 * @param all in order; asked where the vault has not just cut the page before
 */
export async function pageOfSecrets(
  vault: Vault,
  of: { readonly list: string; readonly query: unknown; readonly isDescending?: boolean },
  request: { MaxResults?: number | undefined; NextToken?: string | undefined },
  all: () => Promise<Keyed<Secret>[]>
): Promise<Page<Secret>> {
  // before the query is hashed: libsodium is ready once the vault has been read
  const secrets = vault.remainderAfter(request.NextToken) ?? (await all())
  const shown = page(ofQuery(of.list, of.query), secrets, request, of.isDescending)
  vault.keepRemainder(shown.NextToken, shown.left)
  return shown
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
