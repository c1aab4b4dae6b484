import { VaultError } from '../core/errors.js'
import type { ListSecretsRequest, ListSecretsResponse, SecretListEntry } from '../core/generated/requests.js'
import { stagesByVersion } from '../core/stages.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { description, toRecord } from './describeSecret.js'
import { page } from './paging.js'

/** The vault's secrets, a page at a time, oldest first. Secrets Manager: ListSecrets. */
export async function listSecrets(vault: Vault, request: ListSecretsRequest): Promise<ListSecretsResponse> {
  if (request.Filters?.length)
    throw new VaultError('InvalidParameterException', 'Filters are not supported yet.')
  if (request.SortBy !== undefined && request.SortBy !== 'created-date') {
    throw new VaultError('InvalidParameterException', 'SortBy is not supported yet, but for created-date.')
  }
  const secrets = (await vault.secrets(request.NextToken)).filter(
    ({ document }) => request.IncludePlannedDeletion || !document.deletion
  )
  const descending = request.SortOrder === 'desc'
  if (descending)
    throw new VaultError('InvalidParameterException', 'SortOrder is not supported yet, but for asc.')
  const { items, NextToken } = page('ListSecrets', secrets, creationOrder, request)
  vault.keepPaged(NextToken, secrets)
  return {
    SecretList: await Promise.all(items.map(secret => entry(vault, secret))),
    ...(NextToken === undefined ? {} : { NextToken })
  }
}

function creationOrder({ document, name }: Secret): string {
  return `${document.created} ${name}`
}

async function entry(vault: Vault, secret: Secret): Promise<SecretListEntry> {
  const stages = stagesByVersion(secret.stages)
  return {
    ...(await description(vault, secret)),
    ...(stages.size > 0 ? { SecretVersionsToStages: toRecord(stages) } : {})
  }
}
