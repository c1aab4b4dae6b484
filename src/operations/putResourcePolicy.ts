import type { PutResourcePolicyRequest, PutResourcePolicyResponse } from '../core/generated/requests.js'
import { newPolicy } from '../vault/documents/carryPolicy.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { allows, policyFault } from './resourcePolicy.js'

/** Sets a secret's policy. Secrets Manager: PutResourcePolicy. */
export async function putResourcePolicy(
  vault: Vault,
  request: PutResourcePolicyRequest
): Promise<PutResourcePolicyResponse> {
  const { ResourcePolicy: value, BlockPublicPolicy = false } = request
  const fault = policyFault(value)
  if (fault && (fault.check === 'PolicySyntax' || BlockPublicPolicy)) throw fault.error
  let isPowerless = false
  const response = await vault.write('PutResourcePolicy', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name, key } = secret
    draft.authorize(Name, ['manage'])
    const changed = draft.stamp(secret)
    const context = { access: draft.access, secret: ARN, key: key.alias }
    const policy = newPolicy(value, changed, context, draft.identity)
    isPowerless = policy.proof === undefined
    draft.updateSecret(secret, { policy }, undefined, changed)
    draft.describe(Name, [['Secret-Arn', ARN]])
    return { ARN, Name }
  })
  if (isPowerless && allows(value))
    vault.notice(
      `an Allow in this policy has no effect, because you may not decrypt ${response.Name}; a Deny has`
    )
  return response
}
