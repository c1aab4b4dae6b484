import * as fs from 'node:fs'
import { join } from 'node:path'
import { errno, fileFailed } from '../files/files.js'
import { shown } from '../files/paths.js'
import { memoryFolder, type Place } from './place.js'

/**
 * Returns, by name, what identifies the present bytes of each file with states that the clone has seen: every update makes a
 * new file. Leaves out the files that an update uses beside it, which have a full stop in their names.
 */
export function seenStamps(place: Place): ReadonlyMap<string, string> {
  const at = join(memoryFolder(place), 'seen')
  const stamps = new Map<string, string>()
  try {
    for (const name of fs.readdirSync(at)) {
      if (name.includes('.')) continue
      const stat = fs.lstatSync(join(at, name), { bigint: true, throwIfNoEntry: false })
      if (stat) stamps.set(name, [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' '))
    }
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw fileFailed(`cannot read ${shown(at)}`, error)
  }
  return stamps
}
