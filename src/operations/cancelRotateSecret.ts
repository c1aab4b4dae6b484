import type { CancelRotateSecretRequest, CancelRotateSecretResponse } from '../core/generated/requests.js'
import { pendingVersion } from '../core/rotation/rotationState.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { noFunction } from './rotation.js'

/**
 * Turns rotation off, and stops a rotation in progress. The labels and the version of that rotation stay, as in the
 * service. Secrets Manager: CancelRotateSecret.
 */
export async function cancelRotateSecret(
  vault: Vault,
  request: CancelRotateSecretRequest
): Promise<CancelRotateSecretResponse> {
  const answer = await vault.write('CancelRotateSecret', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name, document } = secret
    draft.authorize(Name, ['manage'])
    const { rotation } = document
    if (rotation?.function === undefined) throw noFunction()
    const pending = pendingVersion(secret.stages)
    if (rotation.enabled !== 'no') {
      const stamp = draft.stamp(secret)
      draft.updateSecret(
        secret,
        { rotation: { ...rotation, enabled: 'no', changed: stamp } },
        undefined,
        stamp
      )
      draft.describe(Name, [
        ['Secret-Arn', ARN],
        ...(pending === undefined ? [] : [['Version-Id', pending] as const])
      ])
    }
    return { ARN, Name, ...(pending === undefined ? {} : { VersionId: pending }) }
  })
  await vault.rotator?.cancel(answer.ARN)
  return answer
}
