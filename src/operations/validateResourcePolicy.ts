import type {
  ValidateResourcePolicyRequest,
  ValidateResourcePolicyResponse
} from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { policyFault } from './resourcePolicy.js'

const MESSAGES = {
  PolicySyntax: 'This policy has invalid syntax.',
  BlockPublicPolicy: 'The resource policy did not prevent broad access to the secret.'
} as const

/**
 * Reports the error with which PutResourcePolicy with BlockPublicPolicy would refuse a policy. Secrets Manager:
 * ValidateResourcePolicy.
 */
export async function validateResourcePolicy(
  vault: Vault,
  request: ValidateResourcePolicyRequest
): Promise<ValidateResourcePolicyResponse> {
  if (request.SecretId !== undefined) {
    const view = await vault.read()
    const secret = await view.secret(request.SecretId)
    refuseDeleted(secret)
    await vault.noteRead(view, secret)
  }
  const fault = policyFault(request.ResourcePolicy)
  return {
    PolicyValidationPassed: fault === undefined,
    ValidationErrors: fault ? [{ CheckName: fault.check, ErrorMessage: MESSAGES[fault.check] }] : []
  }
}
