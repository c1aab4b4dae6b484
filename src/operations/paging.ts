import { utf8 } from '../core/format/canonical.js'
import { decode, encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { shortHash } from '../core/sodium.js'
import type { Keyed, Vault } from '../vault/vault.js'
import type { ListedSecret } from '../vault/listedSecret.js'

/** The service's page size if a request has no MaxResults. */
export const DEFAULT_PAGE = 100

export interface Page<T> {
  readonly items: T[]
  /** The items after this page, in order. */
  readonly remainder: Keyed<T>[]
  readonly NextToken?: string
}

/** The scope of a token: the list's name and a hash of the query. A token is valid only for the same scope. */
export function tokenScope(list: string, query: unknown): string {
  return `${list} ${encode(shortHash(utf8(JSON.stringify(query))))}`
}

/**
 * A page of a list. Its token holds the sort key of the last item, so that items added or removed between two
 * pages neither repeat nor hide another item. Throws InvalidNextTokenException for a token of another scope.
 * @param scope see `tokenScope`
 * @param items sorted by their keys, ascending or descending
 */
export function page<T>(
  scope: string,
  items: readonly Keyed<T>[],
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
  isDescending = false
): Page<T> {
  const after = NextToken === undefined ? undefined : readToken(scope, NextToken)
  const rest =
    after === undefined ? items : items.filter(({ key }) => (isDescending ? key < after : key > after))
  const shown = rest.slice(0, MaxResults ?? DEFAULT_PAGE)
  const remainder = rest.slice(shown.length)
  const last = shown.at(-1)
  return {
    items: shown.map(({ item }) => item),
    remainder,
    ...(last === undefined || remainder.length === 0
      ? {}
      : { NextToken: encode(utf8(JSON.stringify([scope, last.key]))) })
  }
}

/**
 * A page of a vault's secrets.
 * @param of the list's name and its query
 * @param all returns every item in order; called only if the vault has not kept the items after the previous
 * page
 */
export async function pageOfSecrets(
  vault: Vault,
  of: { readonly list: string; readonly query: unknown; readonly isDescending?: boolean },
  request: { MaxResults?: number | undefined; NextToken?: string | undefined },
  all: () => Promise<Keyed<ListedSecret>[]>
): Promise<Page<ListedSecret>> {
  // read first: libsodium, which hashes the query, is ready once the vault has been read
  const secrets = vault.remainderAfter(request.NextToken) ?? (await all())
  const shown = page(tokenScope(of.list, of.query), secrets, request, of.isDescending)
  vault.keepRemainder(shown.NextToken, shown.remainder)
  return shown
}

function readToken(scope: string, token: string): string {
  const bytes = decode(token)
  const [ownScope, after] = bytes ? parse(bytes) : []
  if (ownScope === scope && typeof after === 'string') return after
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
