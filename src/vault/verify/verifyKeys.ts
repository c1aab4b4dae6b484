import { readersWithoutBox, type Access, type Generation } from '../../core/access/access.js'
import type { Findings } from './findings.js'
import type { View } from '../view.js'

/**
 * The key documents of the generations that a log has, and that everybody has a box who may decrypt. Gives the paths of
 * all.
 * @param isWanted says which are to be looked at; left out, all
 */
export async function verifyKeys(
  view: View,
  log: Access,
  findings: Findings,
  isWanted: (path: string, generation: Generation) => boolean = () => true
): Promise<Set<string>> {
  const paths = new Set<string>()
  for (const { alias, generations } of log.keys.values()) {
    for (const generation of generations) {
      const path = view.place.key(alias, generation.number)
      paths.add(path)
      if (!isWanted(path, generation)) continue
      const document = await findings.check(path, () => view.keyDocument(alias, generation))
      if (!document) continue
      const without = readersWithoutBox(log, alias, document)
      if (without.length > 0) {
        const names = without.map(({ name }) => name).join(', ')
        await findings.warning(path, `holds no box for ${names}, who may decrypt under key ${alias}`)
      }
    }
  }
  return paths
}
