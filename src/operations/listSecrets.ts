import { checkFilters, passes, prefixOf } from '../core/service/filters.js'
import type {
  Filter,
  ListSecretsRequest,
  ListSecretsResponse,
  SecretListEntry
} from '../core/generated/requests.js'
import { valuesOf } from '../core/versions/register.js'
import { stagesByVersion } from '../core/versions/stages.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import type { Keyed, Vault } from '../vault/vault.js'
import { isScheduled } from './deletion.js'
import { description, toRecord } from './describeSecret.js'
import { pageOfSecrets } from './paging.js'
import { isReplicated, primaryRegion } from './replication.js'

/** Lists the vault's secrets, oldest first by default, a page at a time. Secrets Manager: ListSecrets. */
export async function listSecrets(vault: Vault, request: ListSecretsRequest): Promise<ListSecretsResponse> {
  const { Filters = [], SortBy, SortOrder, IncludePlannedDeletion = false } = request
  checkFilters(Filters)
  const isDescending = SortOrder === 'desc'
  const isListed = (secret: ListedSecret): boolean =>
    (IncludePlannedDeletion || !isScheduled(secret)) && matchesFilters(secret, Filters)
  const inOrder = async (secrets: readonly ListedSecret[]): Promise<Keyed<ListedSecret>[]> => {
    const ascending = await sorted(vault, secrets.filter(isListed), SortBy)
    return isDescending ? ascending.toReversed() : ascending
  }
  const query = [Filters, SortBy, isDescending, IncludePlannedDeletion]
  const list = { list: 'ListSecrets', query, prefix: prefixOf(Filters), isDescending }
  const { items, NextToken } = await pageOfSecrets(vault, list, request, inOrder)
  return {
    SecretList: await Promise.all(items.map(secret => entry(vault, secret))),
    ...(NextToken === undefined ? {} : { NextToken })
  }
}

/** Whether a secret matches every filter. */
export function matchesFilters(secret: ListedSecret, filters: readonly Filter[]): boolean {
  const { name, document } = secret
  const subject = {
    name,
    description: document.description?.value,
    tags: valuesOf(document.tags),
    primaryRegion: isReplicated(secret) ? primaryRegion(secret) : undefined
  }
  return passes(subject, filters)
}

/** The secrets in order, with their sort keys. Names are unique in a region, so no two keys are equal. */
async function sorted(
  vault: Vault,
  secrets: readonly ListedSecret[],
  by: ListSecretsRequest['SortBy']
): Promise<Keyed<ListedSecret>[]> {
  const keyed: Keyed<ListedSecret>[] = []
  // sequential, because sorting by last access reads a file for each secret, and a vault may have many
  for (const item of secrets) keyed.push({ item, key: `${await sortKey(vault, item, by)} ${item.name}` })
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
}

async function sortKey(
  vault: Vault,
  secret: ListedSecret,
  by: ListSecretsRequest['SortBy'] = 'created-date'
): Promise<string> {
  switch (by) {
    case 'created-date':
      return secret.document.created
    case 'last-changed-date':
      return secret.changed
    case 'last-accessed-date':
      // a secret that was never read comes first
      return (await vault.accessed.of(secret.arn)).secret ?? ''
    case 'name':
      return ''
  }
}

async function entry(vault: Vault, secret: ListedSecret): Promise<SecretListEntry> {
  const stages = stagesByVersion(secret.stages)
  return {
    ...(await description(vault, secret)),
    ...(stages.size > 0 ? { SecretVersionsToStages: toRecord(stages) } : {})
  }
}
