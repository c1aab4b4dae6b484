import { beginRotation } from '../../operations/beginRotation.js'
import { systemToken } from '../../system/files/random.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { RotationRun } from '../../vault/rotator.js'
import { exposedTo } from '../../vault/team/exposure.js'
import type { Vault } from '../../vault/vault.js'
import { registeredFunction } from './functions.js'

/**
 * Begins one more rotation if a former reader may know the value that a run has made current: an earlier rotation had stored it
 * before they lost the right to it, and the database may have it since. A function of the user's own that an operation of the
 * service has called is not called again for another version: then only warns.
 * @param run which is complete
 * @returns `undefined` if there is nothing to replace, or nothing is begun
 */
export async function replacing(vault: Vault, run: RotationRun): Promise<RotationRun | undefined> {
  const names = await formerReaders(vault, run)
  if (names.length === 0) return undefined
  const view = await vault.read()
  const isBuiltin = registeredFunction(view.access.vaultId, run.functionArn)?.builtin !== undefined
  if (!run.replacesExposed && !isBuiltin) {
    const { place } = await view.inRegion(run.region).secret(run.arn)
    vault.notice(
      `${known(names, run.name)}; rotate it again: git-vault rotate ${nameAndRegion(run.name, place)}`
    )
    return undefined
  }
  vault.notice(`${known(names, run.name)}: it is rotated once more`)
  const begun = await beginRotation(vault, run, systemToken(), ({ claim }) =>
    claim ? { action: 'leave', why: 'claimed' } : { action: 'begin' }
  )
  return 'why' in begun ? undefined : { ...run, ...begun.run }
}

/** The names of those who may know the value of a run's version, and have no right to it. */
export async function formerReaders(
  vault: Vault,
  { arn, region, token }: Pick<RotationRun, 'arn' | 'region' | 'token'>
): Promise<string[]> {
  const view = await vault.inRegion(region).read()
  return exposedTo(view, await view.secret(arn), token, vault.clock.now())
}

/** For people: a part of a warning. */
export const known = (names: readonly string[], name: string): string =>
  `${names.join(', ')} may know the new value of ${name}, and cannot read it any longer`
