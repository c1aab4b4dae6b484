import { VaultError } from '../../core/errors.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { AWSCURRENT, hasNoValue, type Stages } from '../../core/versions/stages.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { RotationRun } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'

/**
 * Returns the error of a run that Ctrl-C ended: it says how the secret is now.
 * @param error the failure of the run; returned as it is if it has another reason
 * @param hint how to continue, if not with `git-vault rotate NAME`
 */
export async function interrupted(
  vault: Vault,
  {
    arn,
    name,
    region,
    token,
    testsOnly
  }: Pick<RotationRun, 'arn' | 'name' | 'region' | 'token' | 'testsOnly'>,
  error: unknown,
  hint?: string
): Promise<unknown> {
  if (!(error instanceof VaultError && error.code === 'RotationFailed')) return error
  if (testsOnly)
    return new VaultError(
      'RotationInterrupted',
      `the test of the rotation of ${name} was interrupted; nothing was changed`
    )
  const { place, stages } = await (await vault.inRegion(region).read()).secret(arn)
  const isComplete = stages.labels.get(AWSCURRENT)?.version === token
  return new VaultError(
    'RotationInterrupted',
    `the rotation of ${name} was interrupted: ${stateOf(stages, token)}`,
    {
      hint: isComplete ? undefined : (hint ?? `continue it: git-vault rotate ${nameAndRegion(name, place)}`),
      cause: error
    }
  )
}

function stateOf(stages: Stages, token: string): string {
  if (stages.labels.get(AWSCURRENT)?.version === token) return 'AWSCURRENT is on the new version already'
  const entry = pendingVersion(stages) === token ? stages.versions.get(token) : undefined
  return entry === undefined || hasNoValue(entry)
    ? 'AWSCURRENT is as it was, and no new value is stored yet'
    : 'AWSCURRENT is as it was, and AWSPENDING keeps the new value, which may be in use already'
}
