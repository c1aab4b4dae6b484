import { VaultError } from '../core/errors.js'
import type { ReplicaRegionType, ReplicationStatusType } from '../core/generated/requests.js'
import { parseArn } from '../core/service/name.js'
import { valuesOf } from '../core/versions/register.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import { problemOf } from '../vault/documents/skipped.js'
import { dayDate } from '../vault/memory/accessed.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret, View } from '../vault/view.js'
import { checkReplicaKey } from './key.js'

/** Whether the secret is a replica or has replicas. */
export function isReplicated({ primary, document }: Pick<ListedSecret, 'primary' | 'document'>): boolean {
  return primary !== undefined || valuesOf(document.replicas).length > 0
}

/** The region of the primary secret, which has the documents. */
export function primaryRegion({ document }: Pick<ListedSecret, 'document'>): string {
  return parseArn(document.arn).region
}

/**
 * Adds a replica document in each region. Returns the added regions and their requested KmsKeyIds, for
 * secret.yaml. Regions that already have a replica are skipped.
 * @param force removes a region's own secret of the same name
 */
export async function replicate(
  vault: Vault,
  draft: Draft,
  { name, document }: Pick<Secret, 'name'> & Partial<Pick<Secret, 'document'>>,
  regions: readonly ReplicaRegionType[],
  force: boolean
): Promise<[region: string, kmsKeyId: string][]> {
  const present = new Set(valuesOf(document?.replicas).map(([region]) => region))
  const added = new Map<string, string>()
  for (const { Region: region, KmsKeyId = '' } of regions) {
    if (region === undefined)
      throw new VaultError('InvalidParameterException', 'You must provide a region to replicate to.')
    if (region === draft.view.region)
      throw new VaultError('InvalidParameterException', 'Invalid replica region.')
    await checkReplicaKey(vault, draft, name, KmsKeyId || undefined)
    const taken = await draft.view.inRegion(region).named(name)
    const isReplaced = force && taken?.primary === undefined && taken !== undefined
    if (isReplaced) {
      draft.limits.beforeReplacing?.(taken, draft.access)
      draft.removeSecret(taken)
    }
    if (present.has(region) && !isReplaced) continue
    // another secret's replica has the name: its document stays, and the replication status reports the failure
    if (taken?.primary === undefined) draft.setReplica(name, region, draft.view.region)
    added.set(region, KmsKeyId)
  }
  return [...added]
}

/** The ReplicationStatus of a primary secret; nothing for other secrets. */
export async function replication(
  vault: Vault,
  view: View,
  secret: Secret
): Promise<{ ReplicationStatus?: ReplicationStatusType[] }> {
  const replicas = secret.primary === undefined ? valuesOf(secret.document.replicas) : []
  if (replicas.length === 0) return {}
  return {
    ReplicationStatus: await Promise.all(
      replicas.map(async ([region, kmsKeyId]) => ({
        Region: region,
        ...(kmsKeyId === '' ? {} : { KmsKeyId: kmsKeyId }),
        ...(await status(vault, view.inRegion(region), secret.name, view.region))
      }))
    )
  }
}

/**
 * A replica is InSync from the start, as nothing is copied, unless another secret has the name in that
 * region.
 */
async function status(
  vault: Vault,
  replicaView: View,
  name: string,
  primary: string
): Promise<Pick<ReplicationStatusType, 'Status' | 'StatusMessage' | 'LastAccessedDate'>> {
  const path = replicaView.place.secret(name).replica
  const failed = (why: string) => ({ Status: 'Failed', StatusMessage: `Replication failed: ${why}` }) as const
  let replica: Secret | undefined
  try {
    replica = await replicaView.named(name)
  } catch (error) {
    // the primary itself was accepted
    problemOf(error)
    return failed(`${path} failed verification.`)
  }
  if (replica?.primary !== primary)
    return failed(
      replica ? `Secret name ${name} already exists in region ${replicaView.region}.` : `${path} is missing.`
    )
  const accessed = (await vault.accessed.of(replica.arn)).secret
  return { Status: 'InSync', ...(accessed === undefined ? {} : { LastAccessedDate: dayDate(accessed) }) }
}
