import { VaultError } from '../core/errors.js'
import type { PutSecretValueRequest, PutSecretValueResponse } from '../core/generated/requests.js'
import { addVersion } from '../core/labels.js'
import { forget, prune } from '../core/pruning.js'
import type { SecretValue } from '../core/seal.js'
import { labelsOf } from '../core/stages.js'
import { creationTime } from '../core/versions.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { alreadyWritten, knownOrigin, requestedValue, requireToken } from './value.js'

/** Adds a version, moves its labels to it and prunes. Secrets Manager: PutSecretValue. */
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
    const secret = await draft.view.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    const answer = (stages: Secret['stages']) => ({
      ARN,
      Name,
      VersionId: token,
      VersionStages: labelsOf(stages, token)
    })
    if (await alreadyWritten(draft, secret, token, value)) return withoutNone(answer(secret.stages))
    return withoutNone(answer(await put(draft, secret, token, value, request.VersionStages)))
  })
}

async function put(
  draft: Draft,
  secret: Secret,
  token: string,
  value: SecretValue,
  labels: readonly string[] | undefined
): Promise<Secret['stages']> {
  const { name, arn } = secret
  draft.authorize(name, ['encrypt'])
  const time = draft.stamp(secret)
  const created = creationTime(secret.stages, draft.now)
  const origin = await knownOrigin(draft, secret, value)
  const entry = draft.addVersion({ arn, name, versionId: token, created, value, origin })
  const added = addVersion(secret.stages, { versionId: token, entry, labels, stamp: time })
  const { stages } = prune(forget(added, draft.now), { ...draft.view.access.pruning, now: draft.now })
  const pruned = draft.updateStages(secret, stages, token, time)
  draft.describe(name, [
    ['Client-Request-Token', token],
    ['Secret-Arn', arn],
    ['Version-Id', token],
    ...labelsOf(stages, token).map(label => ['Version-Stages', label] as const),
    ...pruned.map(versionId => ['Pruned-Version', versionId] as const)
  ])
  return stages
}

/** The model's list of labels has at least one; a repeated request for a version that lost them all answers without. */
function withoutNone(response: PutSecretValueResponse): PutSecretValueResponse {
  const { VersionStages, ...rest } = response
  return VersionStages?.length ? response : rest
}
