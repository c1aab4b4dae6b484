import type { GetResourcePolicyRequest, GetResourcePolicyResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'

/** Returns a secret's policy exactly as it was put. Secrets Manager: GetResourcePolicy. */
export async function getResourcePolicy(
  vault: Vault,
  request: GetResourcePolicyRequest
): Promise<GetResourcePolicyResponse> {
  const view = await vault.read()
  const secret = await view.secret(request.SecretId)
  refuseDeleted(secret)
  await vault.noteRead(view, secret)
  const policy = secret.document.policy?.value
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(policy === undefined ? {} : { ResourcePolicy: policy })
  }
}
