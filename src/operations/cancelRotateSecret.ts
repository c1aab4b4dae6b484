import type { CancelRotateSecretRequest, CancelRotateSecretResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { noFunction } from './rotateSecret.js'

/**
 * Always refused: no secret can have a rotation function yet (`rotateSecret`). Secrets Manager:
 * CancelRotateSecret.
 */
export async function cancelRotateSecret(
  vault: Vault,
  request: CancelRotateSecretRequest
): Promise<CancelRotateSecretResponse> {
  return vault.write('CancelRotateSecret', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    draft.authorize(secret.name, ['manage'])
    throw noFunction()
  })
}
