import type { DeleteResourcePolicyRequest, DeleteResourcePolicyResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'

/** Removes a secret's policy, if it has one. Secrets Manager: DeleteResourcePolicy. */
export async function deleteResourcePolicy(
  vault: Vault,
  request: DeleteResourcePolicyRequest
): Promise<DeleteResourcePolicyResponse> {
  return vault.write('DeleteResourcePolicy', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    draft.authorize(Name, ['manage'])
    if (secret.document.policy?.value !== undefined) {
      const changed = draft.stamp(secret)
      draft.updateSecret(secret, { policy: { changed } }, undefined, changed)
      draft.describe(Name, [['Secret-Arn', ARN]])
    }
    return { ARN, Name }
  })
}
