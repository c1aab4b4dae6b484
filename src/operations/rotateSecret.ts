import { VaultError } from '../core/errors.js'
import type { RotateSecretRequest, RotateSecretResponse } from '../core/generated/requests.js'
import { rulesFault } from '../core/rotation/rules.js'
import { AWSCURRENT, AWSPENDING } from '../core/versions/stages.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { NO_TOKEN } from './value.js'

/**
 * Always refused, with the service's texts and order of checks: rotation functions are not supported yet.
 * Secrets Manager: RotateSecret.
 */
export async function rotateSecret(
  vault: Vault,
  request: RotateSecretRequest
): Promise<RotateSecretResponse> {
  if (request.ClientRequestToken === undefined) throw new VaultError('InvalidParameterException', NO_TOKEN)
  return vault.write('RotateSecret', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const fault = rulesFault(request.RotationRules ?? {})
    if (fault !== undefined) throw new VaultError('InvalidParameterException', fault)
    draft.authorize(secret.name, ['manage'])
    refuseRotating(secret)
    if (!request.RotationLambdaARN) throw noFunction()
    throw new VaultError(
      'AccessDeniedException',
      'Secrets Manager cannot invoke the specified Lambda function. ' +
        'Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
    )
  })
}

export function noFunction(): VaultError {
  return new VaultError(
    'InvalidRequestException',
    'No Lambda rotation function ARN is associated with this secret.'
  )
}

/** A rotation is finished if no version has AWSPENDING, or the one with AWSCURRENT has it. */
function refuseRotating({ stages: { labels } }: Secret): void {
  const pending = labels.get(AWSPENDING)?.version
  if (pending === undefined || pending === labels.get(AWSCURRENT)?.version) return
  throw new VaultError(
    'InvalidRequestException',
    "A previous rotation isn't complete. That rotation will be reattempted."
  )
}
