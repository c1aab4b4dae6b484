import { VaultError } from '../../core/errors.js'
import { nearest } from '../../core/service/nearest.js'
import type { Vault } from '../vault.js'
import type { View } from '../view.js'
import { pathsOf, type Ends } from './revisions.js'
import type { SideOfDiff } from './sides.js'
import { hasFile } from './states.js'

/**
 * Throws `ResourceNotFoundException` for a name that neither commit has a secret of, with the nearest name as the hint:
 * otherwise a misspelt name would look like a secret that is the same in both.
 */
export async function refuseUnknown(
  vault: Vault,
  home: View,
  names: readonly string[],
  { sides, ends }: { readonly sides: readonly SideOfDiff[]; readonly ends: Ends }
): Promise<void> {
  for (const name of names) {
    if (await isIn(sides, pathsOf(home, name))) continue
    const near = nearest(name, await namesIn(vault, home, ends))
    throw new VaultError(
      'ResourceNotFoundException',
      `neither commit has a secret ${JSON.stringify(name)}`,
      near === undefined ? {} : { hint: `did you mean ${near}?` }
    )
  }
}

async function isIn(sides: readonly SideOfDiff[], paths: readonly string[]): Promise<boolean> {
  for (const side of sides) for (const path of paths) if (await hasFile(path, side)) return true
  return false
}

/** The names as their folders have them, which is enough to suggest one. */
async function namesIn({ repository }: Vault, { place }: View, { from, to }: Ends): Promise<string[]> {
  const names = new Set<string>()
  for (const commit of from === undefined ? [to] : [from, to])
    for await (const { path } of repository.files(commit, place.secrets)) {
      const [, name] = /^(.+)\/(?:secret|replica)\.yaml$/.exec(path.slice(place.secrets.length + 1)) ?? []
      if (name !== undefined) names.add(name)
    }
  return [...names]
}
