import { VaultError } from '../core/errors.js'
import type { PutSecretValueRequest, PutSecretValueResponse } from '../core/generated/requests.js'
import { labelsOf } from '../core/versions/stages.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { noteRotation } from './rotation.js'
import { versionTrailers, withNewVersion } from './newVersion.js'
import { alreadyWritten, requestedValue, requireToken } from './value.js'

/** Adds a version, moves labels to it and prunes old versions. Secrets Manager: PutSecretValue. */
export async function putSecretValue(
  vault: Vault,
  request: PutSecretValueRequest
): Promise<PutSecretValueResponse> {
  const token = requireToken(request.ClientRequestToken)
  const value = requestedValue(request)
  if (!value) {
    throw new VaultError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
  }
  return vault.write('PutSecretValue', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    const answer = (stages: Secret['stages']) =>
      withoutEmptyStages({ ARN, Name, VersionId: token, VersionStages: labelsOf(stages, token) })
    if (await alreadyWritten(draft, secret, token, value)) return answer(secret.stages)

    const stamp = draft.stamp(secret)
    const stages = await withNewVersion(draft, secret, { token, value, labels: request.VersionStages, stamp })
    noteRotation(draft, secret, stages, stamp)
    const pruned = draft.updateStages(secret, stages, token, stamp)
    draft.describe(Name, [
      ['Client-Request-Token', token],
      ['Secret-Arn', ARN],
      ...versionTrailers(stages, token, pruned)
    ])
    return answer(stages)
  })
}

/**
 * Omits an empty VersionStages, which the model does not allow. A version in a repeated request may have lost
 * its labels.
 */
function withoutEmptyStages(response: PutSecretValueResponse): PutSecretValueResponse {
  const { VersionStages, ...rest } = response
  return VersionStages?.length ? response : rest
}
