import { usage, VaultError } from '../../core/errors.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { AWSCURRENT, AWSPREVIOUS } from '../../core/versions/stages.js'
import { refuseDeleted } from '../../operations/deletion.js'
import { rotateSecret } from '../../operations/rotateSecret.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { Vault } from '../../vault/vault.js'
import { expectRotationRights } from './rotationRights.js'

/** A rotation that is complete. */
export interface Rotated {
  readonly name: string
  /** The version that AWSCURRENT is on now. */
  readonly versionId: string
  /** Whether it is an earlier rotation, which was not complete. */
  readonly wasLeft: boolean
  /** When that rotation was begun. */
  readonly begun?: Date
  /** Set if a former reader may know the value of that earlier rotation, so that another one has replaced it. */
  readonly isReplaced?: true
  /** Set if its steps have only begun, in another process. AWSCURRENT is on this version when they have ended. */
  readonly isRunning?: true
}

/**
 * Rotates a secret with its function. Unlike RotateSecret, it finishes an earlier rotation that is not complete, and that is
 * no error. If a former reader may know the value that it had created, rotates once more. Throws `Usage` if the secret has no
 * function, and `RepositoryBusy` if another process is rotating it.
 * @param token names the new version
 */
export async function rotate(vault: Vault, secretId: string, token: string): Promise<Rotated> {
  const view = await vault.read()
  const secret = await view.secret(secretId)
  refuseDeleted(secret)
  const { name, arn, place, document, stages } = secret
  const shown = nameAndRegion(name, place)
  const { rotation } = document
  if (rotation?.function === undefined)
    throw usage(
      `${name} has no rotation function`,
      `git-vault rotate ${shown} --generate stores a new password; --command LINE also changes it where it is used`
    )
  await expectRotationRights(vault, view, name)
  // a rotation that was cancelled is not continued
  const left = rotation.enabled === 'yes' ? pendingVersion(stages) : undefined
  const versionId = left ?? token
  const created = left === undefined ? undefined : stages.versions.get(left)?.created
  const begun = created === undefined ? {} : { begun: new Date(created) }
  await rotateSecret(vault, { SecretId: arn, ClientRequestToken: versionId }, { replacesExposed: true })
  if (vault.rotator?.isDetached) return { name, versionId, wasLeft: left !== undefined, isRunning: true }
  const { labels } = (await (await vault.read()).secret(arn)).stages
  const [current, previous] = [AWSCURRENT, AWSPREVIOUS].map(label => labels.get(label)?.version)
  if (current !== undefined && previous === versionId)
    return { name, versionId: current, wasLeft: left !== undefined, ...begun, isReplaced: true }
  if (current !== versionId)
    throw new VaultError('RepositoryBusy', `another process is rotating ${name}`, {
      hint: `git-vault rotation status ${shown}`
    })
  return { name, versionId, wasLeft: left !== undefined, ...begun }
}
