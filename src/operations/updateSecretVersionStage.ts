import type {
  UpdateSecretVersionStageRequest,
  UpdateSecretVersionStageResponse
} from '../core/generated/requests.js'
import { moveLabel } from '../core/versions/labels.js'
import { forget } from '../core/versions/pruning.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { noteRotation } from './rotation.js'

/** Moves a staging label to another version, or removes it. Secrets Manager: UpdateSecretVersionStage. */
export async function updateSecretVersionStage(
  vault: Vault,
  request: UpdateSecretVersionStageRequest
): Promise<UpdateSecretVersionStageResponse> {
  return vault.write('UpdateSecretVersionStage', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    const time = draft.stamp(secret)
    const { VersionStage: label, RemoveFromVersionId: removeFrom, MoveToVersionId: moveTo } = request
    const moved = moveLabel(secret.stages, { label, removeFrom, moveTo, stamp: time })
    if (moved === secret.stages) return { ARN, Name }

    draft.authorize(Name, ['manage'])
    noteRotation(draft, secret, moved, time)
    const pruned = draft.updateStages(secret, forget(moved, draft.now), undefined, time)
    draft.describe(Name, [
      ['Secret-Arn', ARN],
      ['Version-Stages', label],
      ...(moveTo === undefined ? [] : [['Version-Id', moveTo] as const]),
      ...(removeFrom === undefined ? [] : [['Removed-From-Version', removeFrom] as const]),
      ...pruned.map(versionId => ['Pruned-Version', versionId] as const)
    ])
    return { ARN, Name }
  })
}
