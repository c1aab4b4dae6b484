import { VaultError } from '../core/errors.js'
import type {
  StopReplicationToReplicaRequest,
  StopReplicationToReplicaResponse
} from '../core/generated/requests.js'
import { carriedOrigin } from '../core/access/origin.js'
import { withValues } from '../core/versions/register.js'
import { hasNoValue, heldVersions, stamp, type Stages, type VersionEntry } from '../core/versions/stages.js'
import { carryPolicy } from '../vault/documents/carryPolicy.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'

/** Turns a replica into a separate secret in its region. Secrets Manager: StopReplicationToReplica. */
export async function stopReplicationToReplica(
  vault: Vault,
  request: StopReplicationToReplicaRequest
): Promise<StopReplicationToReplicaResponse> {
  return vault.write('StopReplicationToReplica', async draft => {
    const replica = await draft.view.secret(request.SecretId)
    if (replica.primary === undefined) {
      throw new VaultError(
        'InvalidParameterException',
        "Operation not permitted on a primary secret. Call must be made in replica secret's region."
      )
    }
    const { name, arn, document } = replica
    draft.authorize(name, ['manage'])
    const time = draft.stamp(replica)
    const { key, token, description, type, policy, tags } = document
    const copied = { description, type, ...carryPolicy(document, { arn, policy }, draft), tags }
    const stages = await reencrypt(draft, replica)
    const created = stamp(draft.now, await draft.view.seen.lastCreated(arn))
    draft.addSecret(
      {
        ...{ name, arn, created, token, key },
        ...(Object.fromEntries(Object.entries(copied).filter(([, value]) => value !== undefined)) as Partial<
          typeof document
        >)
      },
      stages,
      time
    )
    const { region } = draft.view
    const replicas = withValues(document.replicas, [[region, undefined]], time)
    draft.updateSecret(replica, { replicas }, undefined, time)
    draft.setReplica(name, region, undefined)
    draft.describe(name, [
      ['Secret-Arn', arn],
      ['Primary-Arn', document.arn]
    ])
    return { ARN: arn }
  })
}

/**
 * The labels and labelled versions of a replica, re-encrypted, because a ciphertext belongs to one ARN. Each
 * version keeps its id, date and origin.
 */
async function reencrypt(draft: Draft, replica: Secret): Promise<Stages> {
  const { name, arn, stages } = replica
  const held = heldVersions(stages.labels)
  const versions = new Map<string, VersionEntry>()
  for (const [versionId, entry] of stages.versions) {
    const { created } = entry
    if (held.has(versionId) && hasNoValue(entry))
      versions.set(versionId, { ...entry, writer: draft.member.keyId })
    const document = held.has(versionId) ? await draft.view.version(replica, versionId) : undefined
    if (!document) continue
    const value = await draft.view.value(replica, document, draft.identity)
    const origin = carriedOrigin(document)
    versions.set(versionId, draft.addVersion({ arn, name, versionId, created, value, origin }))
  }
  return { ...stages, versions }
}
