import { findPlace } from './documents/place.js'
import { secretPlaces } from './documents/walk.js'
import type { Vault } from './vault.js'

/** Names of secrets in another region. */
export interface Elsewhere {
  readonly region: string
  readonly names: readonly string[]
}

/**
 * The names that match in each region other than the vault's, without secrets that are scheduled for deletion. Regions
 * without one are left out. A secret that fails verification is skipped: it is reported when its region is listed.
 * @param isHome whether the vault was opened without a region; if it has no other, nothing else is then read
 */
export async function namesElsewhere(
  vault: Vault,
  isHome: boolean,
  matches: (name: string) => boolean
): Promise<Elsewhere[]> {
  const tree = vault.repository.workTree
  if (isHome && (await tree.list(`${(await findPlace(tree)).folder}/regions`)).length === 0) return []
  const found: Elsewhere[] = []
  const view = await vault.read()
  for (const region of await view.otherRegions()) {
    const there = view.inRegion(region)
    const names: string[] = []
    for await (const result of there.all(secretPlaces(tree, there.place))) {
      if ('problem' in result) continue
      const { name, document } = result.secret
      if (document.deletion === undefined && matches(name)) names.push(name)
    }
    if (names.length > 0) found.push({ region, names })
  }
  return found
}
