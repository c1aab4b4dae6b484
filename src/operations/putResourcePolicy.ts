import type { PutResourcePolicyRequest, PutResourcePolicyResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { policyFault } from './resourcePolicy.js'

/** Sets a secret's policy. Secrets Manager: PutResourcePolicy. */
export async function putResourcePolicy(
  vault: Vault,
  request: PutResourcePolicyRequest
): Promise<PutResourcePolicyResponse> {
  const { ResourcePolicy: value, BlockPublicPolicy = false } = request
  const fault = policyFault(value)
  if (fault && (fault.check === 'PolicySyntax' || BlockPublicPolicy)) throw fault.error
  return vault.write('PutResourcePolicy', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    draft.authorize(Name, ['manage'])
    const changed = draft.stamp(secret)
    draft.updateSecret(secret, { policy: { value, changed } }, undefined, changed)
    draft.describe(Name, [['Secret-Arn', ARN]])
    return { ARN, Name }
  })
}
