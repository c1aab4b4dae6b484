import { VaultError } from '../core/errors.js'
import { parseSecretId } from '../core/service/name.js'
import { nothingSeen } from '../vault/memory/seen.js'
import type { Vault } from '../vault/vault.js'
import { View, type Secret } from '../vault/view.js'

/**
 * Returns the secret as the side of a merge conflict has it that lists a version, so that the values of both sides can be
 * read by version id while the conflict lasts. Returns `undefined` if the secret is not in conflict, or no accepted side
 * lists the version.
 */
export async function conflictedSecret(
  vault: Vault,
  view: View,
  { secretId, versionId }: { readonly secretId: string; readonly versionId: string }
): Promise<{ readonly view: View; readonly secret: Secret } | undefined> {
  const { repository, clock } = vault
  const place = view.place.secret(parseSecretId(secretId).name)
  const paths = [place.secret, place.stages, place.version(versionId)]
  for (const tree of await repository.conflictSides(paths)) {
    const side = new View(tree, view.place, view.access, nothingSeen(), clock.now())
    const secret = await side.secret(secretId).catch(ignoreRefusal)
    if (secret?.stages.versions.has(versionId)) return { view: side, secret }
  }
  return undefined
}

function ignoreRefusal(error: unknown): undefined {
  if (error instanceof VaultError && NOT_THERE.includes(error.code)) return undefined
  throw error
}

const NOT_THERE: readonly string[] = ['DocumentRefused', 'ResourceNotFoundException']
