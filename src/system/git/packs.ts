import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { commonArguments } from './git.js'
import { scrubbedEnvironment } from './environment.js'
import { readIfExists } from '../files/files.js'
import { holderOf, holderState, type Holder } from '../files/holder.js'
import { lockFolder, packFolder, type Place } from './place.js'
import { gitProgram } from './program.js'

/** Each write makes one pack. git's own housekeeping starts at 50. */
const MAX_PACKS = 40
/** A repack on another machine is taken for dead after this time. */
const REPACK_TIMEOUT_MS = 600_000

/**
 * If there are many packs, starts `git repack` in a process that outlives this one. To be called after the write has
 * released its locks. Never throws.
 */
export function repackInBackground(place: Place): void {
  try {
    const names = fs.readdirSync(packFolder(place))
    const packs = names.filter(name => name.endsWith('.pack'))
    if (packs.length <= MAX_PACKS || isRunning(place)) return
    // In a partial clone git refuses --geometric. -A repacks the objects that are here, and keeps unreachable ones.
    const isPartial = names.some(name => name.endsWith('.promisor'))
    const args = [
      ...commonArguments(place),
      'repack',
      ...(isPartial ? ['-A'] : ['--geometric=2']),
      '-d',
      '-q'
    ]
    const env = scrubbedEnvironment()
    const child = spawn(gitProgram(), args, { cwd: place.root, env, stdio: 'ignore', detached: true })
    child.on('error', () => undefined)
    child.unref()
    if (child.pid === undefined) return
    const note = JSON.stringify({ holder: holderOf(child.pid), time: Date.now() })
    fs.writeFileSync(noteFile(place), note, { mode: 0o600 })
  } catch {
    // many packs cost only a little time, and the write has already succeeded
  }
}

const noteFile = (place: Place): string => join(lockFolder(place), '..', 'repack')

function isRunning(place: Place): boolean {
  const text = readIfExists(noteFile(place))?.toString('utf8')
  if (text === undefined) return false
  try {
    const { holder, time } = JSON.parse(text) as { holder: Holder; time: number }
    const state = holderState(holder, time)
    return state === 'alive' || (state === 'unknown' && Date.now() - time < REPACK_TIMEOUT_MS)
  } catch {
    // truncated by a power cut: nothing is running
    return false
  }
}
