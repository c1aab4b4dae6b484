import { secretFolderOf } from '../vault/documents/place.js'
import { secretPlaces } from '../vault/documents/walk.js'
import { open } from './open.js'

/** How many names are looked at: enough for a suggestion, and quick in a very large vault. */
const MOST_NAMES = 5000

/**
 * The names that the folders of secrets say, for a suggestion, those beside `name` first. Opens no document, so a name may
 * belong to a secret that is scheduled for deletion or refused. Leaves out names that are not the path of their folder.
 * Returns none if the vault cannot be read: the next command says why.
 */
export async function nearNames(
  directory: string,
  region: string | undefined,
  name: string
): Promise<string[]> {
  try {
    return await namesAround(directory, region, name)
  } catch {
    return []
  }
}

async function namesAround(directory: string, region: string | undefined, name: string): Promise<string[]> {
  // the command that failed has printed the notices
  const vault = (await open({ directory, notice: () => undefined })).inRegion(region)
  const { place } = await vault.read()
  const beside = name.slice(0, name.lastIndexOf('/') + 1)
  const names = new Set<string>()
  for (const prefix of new Set([beside, `${name.replace(/\/$/, '')}/`, '']))
    for await (const found of secretPlaces(vault.repository.workTree, place, prefix)) {
      if (names.size >= MOST_NAMES) return [...names]
      if ('problem' in found) continue
      const path = secretFolderOf(found).slice(place.secrets.length + 1)
      if (!path.includes('~')) names.add(path)
    }
  return [...names]
}
