import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { commonArguments } from './git.js'
import { scrubbedEnvironment } from './environment.js'
import { readIfThere } from '../files/files.js'
import { holderOf, standing, type Holder } from '../files/holder.js'
import { lockFolder, packFolder, type Place } from './place.js'

/** Each write makes one pack; git's own housekeeping begins at 50. */
const AT_MOST = 40

/**
 * Folds many packs into few, in a process that outlives this one. Called after the write has let go of its
 * locks; it never fails a write.
 */
export function tidyPacks(place: Place): void {
  try {
    const packs = fs.readdirSync(packFolder(place)).filter(name => name.endsWith('.pack'))
    if (packs.length <= AT_MOST || isRunning(place)) return
    const args = [...commonArguments(place), 'repack', '--geometric=2', '-d', '-q']
    const env = scrubbedEnvironment()
    const child = spawn('git', args, { cwd: place.root, env, stdio: 'ignore', detached: true })
    child.on('error', () => undefined)
    child.unref()
    if (child.pid === undefined) return
    const note = JSON.stringify({ holder: holderOf(child.pid), time: Date.now() })
    fs.writeFileSync(noteFile(place), note, { mode: 0o600 })
  } catch {
    // Untidy packs cost a little time; a write that has succeeded must not be reported as failed.
  }
}

const noteFile = (place: Place): string => join(lockFolder(place), '..', 'repack')

function isRunning(place: Place): boolean {
  const text = readIfThere(noteFile(place))?.toString('utf8')
  if (text === undefined) return false
  try {
    const { holder, time } = JSON.parse(text) as { holder: Holder; time: number }
    const known = standing(holder, time)
    return known === 'alive' || (known === 'unknown' && Date.now() - time < 600_000)
  } catch {
    // Cut off by a power cut: nothing is running.
    return false
  }
}
