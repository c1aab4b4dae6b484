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
 * A page of a vault's secrets. Cut from what was listed a moment ago, if that is still current for the secrets on the page.
 * @param of the list's name, its query, and what the names of its secrets start with
 * @param inOrder returns those of the secrets that the list has, in order
 */
export async function pageOfSecrets(
  vault: Vault,
  of: {
    readonly list: string
    readonly query: unknown
    readonly prefix: string | undefined
    readonly isDescending?: boolean
  },
  request: { MaxResults?: number | undefined; NextToken?: string | undefined },
  inOrder: (secrets: readonly ListedSecret[]) => Promise<Keyed<ListedSecret>[]>
): Promise<Page<ListedSecret>> {
  const { prefix = '', isDescending } = of
  const { NextToken } = request
  const listed = async () => {
    const { secrets, isFresh } = await vault.recentSecrets(prefix)
    return { secrets: await inOrder(secrets), isFresh }
  }
  const view = await vault.read()
  const under = vault.pages.under(view)
  const rest = vault.pages.after(view, NextToken)
  const { secrets, isFresh } = rest ? { secrets: rest, isFresh: false } : await listed()
  // only now: libsodium, which hashes the query, is ready once the vault has been read
  const scope = tokenScope(of.list, of.query)
  let shown = page(scope, secrets, request, isDescending)
  if (!isFresh && !(await vault.pages.areCurrent(view, shown.items)))
    shown = page(scope, await inOrder(await vault.secrets(prefix)), request, isDescending)
  vault.pages.keepRest(under, shown.NextToken, shown.remainder, NextToken)
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
