import { readersWithoutBox, type Access, type Generation } from '../../core/access/access.js'
import type { Findings } from './findings.js'
import type { View } from '../view.js'

/**
 * Checks the key documents of all generations in a log, and that each member who may decrypt is a recipient. Returns the
 * paths of all of them.
 * @param isWanted selects the key documents to check (default: all)
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
        await findings.warning(path, `not sealed for ${names}, who may decrypt under key ${alias}`)
      }
    }
  }
  return paths
}
