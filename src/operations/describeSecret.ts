import { DEFAULT_KEY } from '../core/access/access.js'
import type {
  DescribeSecretRequest,
  DescribeSecretResponse,
  SecretListEntry
} from '../core/generated/requests.js'
import { valuesOf } from '../core/versions/register.js'
import { stagesByVersion } from '../core/versions/stages.js'
import { dayDate } from '../vault/memory/accessed.js'
import type { Vault } from '../vault/vault.js'
import { listed, type ListedSecret } from '../vault/listedSecret.js'
import { toDate } from './dates.js'
import { rotationFields } from './rotation.js'
import { isReplicated, primaryRegion, replication } from './replication.js'

/** Describes a secret, without its value. Secrets Manager: DescribeSecret. */
export async function describeSecret(
  vault: Vault,
  request: DescribeSecretRequest
): Promise<DescribeSecretResponse> {
  const view = await vault.read()
  const secret = await view.secret(request.SecretId)
  await vault.noteRead(view, secret)
  const stages = stagesByVersion(secret.stages)
  return {
    ...(await description(vault, listed(secret))),
    ...(stages.size > 0 ? { VersionIdsToStages: toRecord(stages) } : {}),
    ...(await replication(vault, view, secret))
  }
}

/** The members that DescribeSecret and ListSecrets have in common. */
export async function description(
  vault: Vault,
  secret: ListedSecret
): Promise<Omit<SecretListEntry, 'SecretVersionsToStages'>> {
  const { document } = secret
  const accessed = (await vault.accessed.of(secret.arn)).secret
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(document.type?.value === undefined ? {} : { Type: document.type.value }),
    ...(document.description?.value === undefined ? {} : { Description: document.description.value }),
    ...(document.key.value === DEFAULT_KEY ? {} : { KmsKeyId: `alias/${document.key.value}` }),
    ...rotationFields(secret, vault.clock.now()),
    LastChangedDate: toDate(secret.changed),
    ...(accessed === undefined ? {} : { LastAccessedDate: dayDate(accessed) }),
    ...(document.deletion?.date === undefined ? {} : { DeletedDate: toDate(document.deletion.date) }),
    ...(document.tags ? { Tags: valuesOf(document.tags).map(([Key, Value]) => ({ Key, Value })) } : {}),
    CreatedDate: toDate(document.created),
    ...(isReplicated(secret) ? { PrimaryRegion: primaryRegion(secret) } : {})
  }
}

export function toRecord<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  const record = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) record[key] = value
  return record
}
