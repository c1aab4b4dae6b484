import type { RestoreSecretRequest, RestoreSecretResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { isScheduled } from './deletion.js'

/** Cancels a scheduled deletion, if there is one. Secrets Manager: RestoreSecret. */
export async function restoreSecret(
  vault: Vault,
  request: RestoreSecretRequest
): Promise<RestoreSecretResponse> {
  return vault.write('RestoreSecret', async draft => {
    const secret = await draft.secret(request.SecretId)
    const { arn: ARN, name: Name } = secret
    if (!isScheduled(secret)) return { ARN, Name }
    draft.authorize(Name, ['manage'])
    const stamp = draft.stamp(secret)
    draft.updateSecret(secret, { deletion: { changed: stamp } }, undefined, stamp)
    draft.describe(Name, [['Secret-Arn', ARN]])
    return { ARN, Name }
  })
}
