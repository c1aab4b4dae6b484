import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, readIfThere, removeIfThere } from '../files/files.js'
import { shown } from '../files/paths.js'
import { indexFile, writeFolder, type Place } from '../git/place.js'

const NOTE = 'git-vault is writing. If no git-vault is running, any git-vault command removes this.\n'
/** A user's own git usually holds it for milliseconds; with an editor open, for minutes. */
const PATIENCE = 4_000

export interface IndexLock {
  release(): void
}

/**
 * git's own lock on the index, held from before the branch moves until the index has followed: a `git
 * commit` in between would commit the old files again. It is a hard link to one permanent file, by which
 * one that was left behind is known to be ours: its text may be lost with the power.
 */
export async function takeIndexLock(place: Place, patience = PATIENCE): Promise<IndexLock> {
  const since = Date.now()
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    if (link(place) || isOurs(place)) return heldLock(place)
    if (Date.now() - since > patience) throw busy(place)
    await new Promise(resolve => setTimeout(resolve, wait))
  }
}

/** Once only: a moment later the name may be the lock of the user's own git. */
function heldLock(place: Place): IndexLock {
  let isHeld = true
  return {
    release() {
      if (isHeld) removeIfThere(lockFile(place))
      isHeld = false
    }
  }
}

export function removeOurIndexLock(place: Place): void {
  if (isOurs(place)) removeIfThere(lockFile(place))
}

/** Only the holder of the vault's lock may ask: then it was left behind by a holder before. */
function isOurs(place: Place): boolean {
  const lock = fs.lstatSync(lockFile(place), { throwIfNoEntry: false })
  if (lock === undefined) return false
  const ours = fs.statSync(permanentFile(place), { throwIfNoEntry: false })
  if (ours !== undefined && ours.ino === lock.ino && ours.dev === lock.dev) return true
  return lock.size === NOTE.length && readIfThere(lockFile(place))?.toString('utf8') === NOTE
}

const lockFile = (place: Place): string => `${indexFile(place)}.lock`
const permanentFile = (place: Place): string => join(writeFolder(place), 'index-lock')

/** False when it exists. */
function link(place: Place): boolean {
  try {
    if (!fs.existsSync(permanentFile(place))) {
      fs.mkdirSync(writeFolder(place), { recursive: true, mode: 0o700 })
      fs.writeFileSync(permanentFile(place), NOTE, { mode: 0o600 })
    }
    try {
      fs.linkSync(permanentFile(place), lockFile(place))
    } catch (error) {
      if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EOPNOTSUPP'].includes(errno(error) ?? '')) throw error
      // A file system without hard links: known by its text.
      fs.writeFileSync(lockFile(place), NOTE, { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw fileFailed(`cannot lock ${shown(indexFile(place))}`, error)
  }
}

function busy(place: Place): VaultError {
  return new VaultError('RepositoryBusy', `another git process holds ${shown(lockFile(place))}`, {
    hint: 'wait for it to end (an open commit editor holds it); if no git is running, remove that file'
  })
}
