import { isLocked } from '../../system/files/lock.js'
import { rotationLockIn } from '../../system/git/rotationLock.js'
import { VaultError } from '../../core/errors.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { AWSCURRENT, hasNoValue } from '../../core/versions/stages.js'
import { rotationFields } from '../../operations/rotation.js'
import type { Vault } from '../../vault/vault.js'
import { exposedTo } from '../../vault/team/exposure.js'
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
  /** The members who may know the value of that version without the right to it; absent if there are none. */
  readonly PendingExposedTo?: readonly string[]
  /** The same of the current value. */
  readonly CurrentExposedTo?: readonly string[]
  /** Whether a process of this clone is rotating the secret now. */
  readonly IsRunning: boolean
  /** The last run of this clone, if it failed. */
  readonly LastFailure?: RotationFailure
}

/** A value that fails verification is reported by other commands. This one says what else is known. */
function unlessRefused(error: unknown): string[] {
  if (error instanceof VaultError) return []
  throw error
}

/** @param directory of the repository, whose locks tell whether a rotation is running */
export async function rotationStatus(
  vault: Vault,
  secretId: string,
  directory: string
): Promise<RotationStatus> {
  const view = await vault.read()
  const secret = await view.secret(secretId)
  const now = vault.clock.now()
  const knownTo = async (version: string | undefined): Promise<readonly string[] | undefined> => {
    const names =
      version === undefined ? [] : await exposedTo(view, secret, version, now).catch(unlessRefused)
    return names.length === 0 ? undefined : names
  }
  const pending = pendingVersion(secret.stages)
  const entry = secret.stages.versions.get(pending ?? '')
  const [PendingExposedTo, CurrentExposedTo] = [
    await knownTo(pending),
    await knownTo(secret.stages.labels.get(AWSCURRENT)?.version)
  ]
  const failure = await readFailure(vault.repository.memory, secret.arn)
  return {
    Name: secret.name,
    ARN: secret.arn,
    ...rotationFields(secret, now),
    ...(pending === undefined ? {} : { PendingVersionId: pending }),
    ...(entry ? { PendingHasValue: !hasNoValue(entry) } : {}),
    ...(PendingExposedTo ? { PendingExposedTo } : {}),
    ...(CurrentExposedTo ? { CurrentExposedTo } : {}),
    IsRunning: isLocked(rotationLockIn(directory, secret.arn)),
    ...(failure ? { LastFailure: failure } : {})
  }
}
