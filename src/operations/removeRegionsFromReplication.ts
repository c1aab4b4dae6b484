import { VaultError } from '../core/errors.js'
import type {
  RemoveRegionsFromReplicationRequest,
  RemoveRegionsFromReplicationResponse
} from '../core/generated/requests.js'
import { valuesOf, withValues } from '../core/versions/register.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { replication } from './replication.js'

/** Removes a secret's replicas from regions. Secrets Manager: RemoveRegionsFromReplication. */
export async function removeRegionsFromReplication(
  vault: Vault,
  request: RemoveRegionsFromReplicationRequest
): Promise<RemoveRegionsFromReplicationResponse> {
  const arn = await vault.write('RemoveRegionsFromReplication', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    draft.authorize(secret.name, ['manage'])
    const regions = [...new Set(request.RemoveReplicaRegions)]
    const present = new Set(valuesOf(secret.document.replicas).map(([region]) => region))
    const unknown = regions.find(region => !present.has(region))
    if (unknown !== undefined) {
      throw new VaultError('InvalidParameterException', `The secret is not replicated to region ${unknown}.`)
    }
    const stamp = draft.stamp(secret)
    const removed = regions.map(region => [region, undefined] as const)
    for (const region of regions) draft.setReplica(secret.name, region, undefined)
    draft.updateSecret(
      secret,
      { replicas: withValues(secret.document.replicas, removed, stamp) },
      undefined,
      stamp
    )
    draft.describe(secret.name, [
      ['Secret-Arn', secret.arn],
      ...regions.map(region => ['Replica-Region', region] as const)
    ])
    return secret.arn
  })
  const view = await vault.read()
  return { ARN: arn, ...(await replication(vault, view, await view.secret(arn))) }
}
