import { isLocked } from '../../system/files/lock.js'
import { rotationLockIn } from '../../system/git/rotationLock.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { hasNoValue } from '../../core/versions/stages.js'
import { rotationFields } from '../../operations/rotation.js'
import type { Vault } from '../../vault/vault.js'
import { readFailure, type RotationFailure } from './failures.js'

export type { RotationFailure } from './failures.js'

/** How a secret is rotated, and how its last rotation went. */
export interface RotationStatus extends ReturnType<typeof rotationFields> {
  readonly Name: string
  readonly ARN: string
  /** The version of a rotation that is not complete. */
  readonly PendingVersionId?: string
  /** Whether that version has a value. */
  readonly PendingHasValue?: boolean
  /** Whether a process of this clone is rotating the secret now. */
  readonly IsRunning: boolean
  /** The last run of this clone, if it failed. */
  readonly LastFailure?: RotationFailure
}

/** @param directory of the repository, whose locks tell whether a rotation is running */
export async function rotationStatus(
  vault: Vault,
  secretId: string,
  directory: string
): Promise<RotationStatus> {
  const secret = await (await vault.read()).secret(secretId)
  const pending = pendingVersion(secret.stages)
  const entry = secret.stages.versions.get(pending ?? '')
  const failure = await readFailure(vault.repository.memory, secret.arn)
  return {
    Name: secret.name,
    ARN: secret.arn,
    ...rotationFields(secret, vault.clock.now()),
    ...(pending === undefined ? {} : { PendingVersionId: pending }),
    ...(entry ? { PendingHasValue: !hasNoValue(entry) } : {}),
    IsRunning: isLocked(rotationLockIn(directory, secret.arn)),
    ...(failure ? { LastFailure: failure } : {})
  }
}
