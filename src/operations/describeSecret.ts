import { DEFAULT_KEY } from '../core/access.js'
import type {
  DescribeSecretRequest,
  DescribeSecretResponse,
  SecretListEntry
} from '../core/generated/requests.js'
import { stagesByVersion } from '../core/stages.js'
import { dayDate } from '../vault/accessed.js'
import type { Vault } from '../vault/vault.js'
import { lastChanged, type Secret } from '../vault/view.js'
import { toDate } from './dates.js'

/** Everything about a secret but its value. Secrets Manager: DescribeSecret. */
export async function describeSecret(
  vault: Vault,
  request: DescribeSecretRequest
): Promise<DescribeSecretResponse> {
  const view = await vault.read()
  const secret = await view.secret(request.SecretId)
  await vault.noteRead(view, secret)
  const stages = stagesByVersion(secret.stages)
  return {
    ...(await description(vault, secret)),
    ...(stages.size > 0 ? { VersionIdsToStages: toRecord(stages) } : {})
  }
}

/** What DescribeSecret and ListSecrets have in common. */
export async function description(
  vault: Vault,
  secret: Secret
): Promise<Omit<SecretListEntry, 'SecretVersionsToStages'>> {
  const { document } = secret
  const accessed = (await vault.accessed.of(secret.arn)).secret
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(document.type ? { Type: document.type.value } : {}),
    ...(document.description ? { Description: document.description.value } : {}),
    ...(document.key.value === DEFAULT_KEY ? {} : { KmsKeyId: `alias/${document.key.value}` }),
    LastChangedDate: toDate(lastChanged(secret)),
    ...(accessed === undefined ? {} : { LastAccessedDate: dayDate(accessed) }),
    ...(document.deletion ? { DeletedDate: toDate(document.deletion.date) } : {}),
    ...(document.tags
      ? { Tags: Object.entries(document.tags).map(([Key, { value: Value }]) => ({ Key, Value })) }
      : {}),
    CreatedDate: toDate(document.created)
  }
}

export function toRecord<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  const record = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) record[key] = value
  return record
}
