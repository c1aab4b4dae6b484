import * as fs from 'node:fs'
import { isLocked } from '../files/lock.js'
import { indexLockState } from '../index/indexLock.js'
import { lockFolder, writeFolder, type Place } from '../git/place.js'
import { hasJournal } from './journal.js'
import { TEMPORARY_FILE } from './repair.js'

/** The leftovers of processes that died. */
export interface Unfinished {
  /** The leftovers that `repairNow` finishes or removes, for people. Empty while a process is writing. */
  readonly ours: readonly string[]
  /** A lock on the index that no git-vault holds, with its age in milliseconds. */
  readonly foreignLock?: { readonly path: string; readonly age: number }
}

/** Changes nothing. */
export function unfinished(place: Place): Unfinished {
  const lock = indexLockState(place)
  const foreign = typeof lock === 'string' ? {} : { foreignLock: lock }
  if (isLocked(lockFolder(place))) return { ours: [], ...foreign }
  const ours = [
    ...(hasJournal(place) ? ['an interrupted write'] : []),
    ...(namesIn(lockFolder(place)).length > 0 ? ['the lock of a process that died'] : []),
    ...(lock === 'ours' ? ["a lock on git's index"] : []),
    ...(namesIn(writeFolder(place)).some(name => TEMPORARY_FILE.test(name)) ? ['temporary files'] : [])
  ]
  return { ours, ...foreign }
}

const namesIn = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
