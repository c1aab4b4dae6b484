import { checkFilters, passes } from '../core/service/filters.js'
import type {
  Filter,
  ListSecretsRequest,
  ListSecretsResponse,
  SecretListEntry
} from '../core/generated/requests.js'
import { valuesOf } from '../core/versions/register.js'
import { stagesByVersion } from '../core/versions/stages.js'
import { lastChanged } from '../vault/documents/secretTimes.js'
import type { Keyed, Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { isScheduled } from './deletion.js'
import { description, toRecord } from './describeSecret.js'
import { pageOfSecrets } from './paging.js'
import { isReplicated, primaryRegion } from './replication.js'

/** The vault's secrets, a page at a time, oldest first unless asked otherwise. Secrets Manager: ListSecrets. */
export async function listSecrets(vault: Vault, request: ListSecretsRequest): Promise<ListSecretsResponse> {
  const { Filters = [], SortBy, SortOrder, IncludePlannedDeletion = false } = request
  checkFilters(Filters)
  const isDescending = SortOrder === 'desc'
  const isChosen = (secret: Secret): boolean =>
    (IncludePlannedDeletion || !isScheduled(secret)) && isAsked(secret, Filters)
  const all = async (): Promise<Keyed<Secret>[]> => {
    const ascending = await sorted(vault, (await vault.secrets()).filter(isChosen), SortBy)
    return isDescending ? ascending.toReversed() : ascending
  }
  const query = [Filters, SortBy, isDescending, IncludePlannedDeletion]
  const list = { list: 'ListSecrets', query, isDescending }
  const { items, NextToken } = await pageOfSecrets(vault, list, request, all)
  return {
    SecretList: await Promise.all(items.map(secret => entry(vault, secret))),
    ...(NextToken === undefined ? {} : { NextToken })
  }
}

/** Whether a secret passes the filters of a request. */
export function isAsked(secret: Secret, filters: readonly Filter[]): boolean {
  const { name, document } = secret
  const subject = {
    name,
    description: document.description?.value,
    tags: valuesOf(document.tags),
    primaryRegion: isReplicated(secret) ? primaryRegion(secret) : undefined
  }
  return passes(subject, filters)
}

/** Each with what it is sorted by. Names are unique in a region, so no two have the same. */
async function sorted(
  vault: Vault,
  secrets: readonly Secret[],
  by: ListSecretsRequest['SortBy']
): Promise<Keyed<Secret>[]> {
  const keyed: Keyed<Secret>[] = []
  // one after the other: by the last access there is a file for each, and a vault may have many
  for (const item of secrets) keyed.push({ item, key: `${await sortKey(vault, item, by)} ${item.name}` })
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
}

async function sortKey(
  vault: Vault,
  secret: Secret,
  by: ListSecretsRequest['SortBy'] = 'created-date'
): Promise<string> {
  switch (by) {
    case 'created-date':
      return secret.document.created
    case 'last-changed-date':
      return lastChanged(secret)
    case 'last-accessed-date':
      // one that was never read comes before all that were
      return (await vault.accessed.of(secret.arn)).secret ?? ''
    case 'name':
      return ''
  }
}

async function entry(vault: Vault, secret: Secret): Promise<SecretListEntry> {
  const stages = stagesByVersion(secret.stages)
  return {
    ...(await description(vault, secret)),
    ...(stages.size > 0 ? { SecretVersionsToStages: toRecord(stages) } : {})
  }
}
