import { DEFAULT_KEY } from '../core/access/access.js'
import type { ListSecretVersionIdsRequest, ListSecretVersionIdsResponse } from '../core/generated/requests.js'
import { labelsOf } from '../core/versions/stages.js'
import { dayDate } from '../vault/memory/accessed.js'
import type { Vault } from '../vault/vault.js'
import { toDate } from './dates.js'
import { tokenScope, page } from './paging.js'

/** Lists a secret's versions, oldest first, a page at a time. Secrets Manager: ListSecretVersionIds. */
export async function listSecretVersionIds(
  vault: Vault,
  request: ListSecretVersionIdsRequest
): Promise<ListSecretVersionIdsResponse> {
  const view = await vault.read()
  const secret = await view.secret(request.SecretId)
  await vault.noteRead(view, secret)
  const accessed = await vault.accessed.of(secret.arn)
  const versions = [...secret.stages.versions]
    .map(([versionId, entry]) => ({ versionId, entry, labels: labelsOf(secret.stages, versionId) }))
    .filter(({ labels }) => labels.length > 0 || request.IncludeDeprecated)
    .map(item => ({ item, key: `${item.entry.created} ${item.versionId}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const scope = tokenScope('ListSecretVersionIds', [secret.arn, request.IncludeDeprecated ?? false])
  const { items, NextToken } = page(scope, versions, request)
  return {
    Versions: items.map(({ versionId, entry, labels }) => {
      const day = accessed.versions[versionId]
      return {
        VersionId: versionId,
        ...(labels.length > 0 ? { VersionStages: labels } : {}),
        ...(day === undefined ? {} : { LastAccessedDate: dayDate(day) }),
        CreatedDate: toDate(entry.created),
        KmsKeyIds: [entry.key === DEFAULT_KEY ? 'DefaultEncryptionKey' : `alias/${entry.key}`]
      }
    }),
    ...(NextToken === undefined ? {} : { NextToken }),
    ARN: secret.arn,
    Name: secret.name
  }
}
