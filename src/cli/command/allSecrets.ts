import type { ListSecretsResponse, SecretListEntry } from '../../core/generated/requests.js'
import type { Vault } from '../../vault/vault.js'
import type { World } from './services.js'

/**
 * The prefixes that the service's filter of names can express. It negates a leading `!`, and has fewer characters than a
 * name that somebody may type.
 */
const FILTER = /^[\w :@/+=.-][\w :@/+=.\-!]{0,511}$/

/** Returns the secrets whose names start with `prefix`, sorted by name. */
export async function allSecrets(
  vault: Vault,
  prefix: string,
  { services }: World
): Promise<SecretListEntry[]> {
  const found: SecretListEntry[] = []
  const filters = FILTER.test(prefix) ? { Filters: [{ Key: 'name', Values: [prefix] }] } : {}
  let token: string | undefined
  do {
    const page: ListSecretsResponse = await services.call(vault, 'ListSecrets', {
      ...filters,
      MaxResults: 100,
      ...(token === undefined ? {} : { NextToken: token })
    })
    for (const secret of page.SecretList ?? []) found.push(secret)
    token = page.NextToken
  } while (token !== undefined)
  return found
    .filter(secret => secret.Name?.startsWith(prefix))
    .sort((a, b) => (a.Name! < b.Name! ? -1 : a.Name! > b.Name! ? 1 : 0))
}
