import type {
  ReplicateSecretToRegionsRequest,
  ReplicateSecretToRegionsResponse
} from '../core/generated/requests.js'
import { withValues } from '../core/versions/register.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { replicate, replication } from './replication.js'

/** Adds replicas of a secret in more regions. Secrets Manager: ReplicateSecretToRegions. */
export async function replicateSecretToRegions(
  vault: Vault,
  request: ReplicateSecretToRegionsRequest
): Promise<ReplicateSecretToRegionsResponse> {
  const arn = await vault.write('ReplicateSecretToRegions', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    draft.authorize(secret.name, ['manage'])
    const force = request.ForceOverwriteReplicaSecret === true
    const added = await replicate(vault, draft, secret, request.AddReplicaRegions, force)
    if (added.length === 0) return secret.arn
    const stamp = draft.stamp(secret)
    draft.updateSecret(
      secret,
      { replicas: withValues(secret.document.replicas, added, stamp) },
      undefined,
      stamp
    )
    draft.describe(secret.name, [
      ['Secret-Arn', secret.arn],
      ...added.map(([region]) => ['Replica-Region', region] as const)
    ])
    return secret.arn
  })
  const view = await vault.read()
  return { ARN: arn, ...(await replication(vault, view, await view.secret(arn))) }
}
