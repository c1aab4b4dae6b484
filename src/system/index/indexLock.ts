import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, readIfExists, removeIfExists } from '../files/files.js'
import { shown } from '../files/paths.js'
import { indexFile, writeFolder, type Place } from '../git/place.js'

const NOTE = 'git-vault is writing. If no git-vault is running, any git-vault command removes this.\n'
/** The user's own git usually holds the lock for milliseconds, but for minutes while a commit editor is open. */
const LOCK_TIMEOUT_MS = 4_000

export interface IndexLock {
  release(): void
}

/**
 * Takes git's own lock on the index. A write holds it from before the branch moves until the index is updated: a `git
 * commit` in between would commit the old files again. The lock is a hard link to one permanent file, which identifies it
 * as ours after a crash. Its content may be lost in a power cut.
 * @param timeout milliseconds, after which it throws `RepositoryBusy`
 */
export async function takeIndexLock(place: Place, timeout = LOCK_TIMEOUT_MS): Promise<IndexLock> {
  const since = performance.now()
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    if (link(place) || isOurs(place)) return heldLock(place)
    if (performance.now() - since > timeout) throw busy(place)
    await new Promise(resolve => setTimeout(resolve, wait))
  }
}

/** Releases only once: after that, the file may be the lock of the user's own git. */
function heldLock(place: Place): IndexLock {
  let isHeld = true
  return {
    release() {
      if (isHeld) removeIfExists(lockFile(place))
      isHeld = false
    }
  }
}

/** Identifies the state of the index file. git replaces the file at each change. Its link count and change time may differ. */
export function indexStamp(place: Place): string {
  const stat = fs.statSync(indexFile(place), { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ')
}

export function removeOurIndexLock(place: Place): void {
  if (isOurs(place)) removeIfExists(lockFile(place))
}

/** Whether git's lock on the index is there: of a git-vault, or of another program since so many milliseconds. */
export function indexLockState(
  place: Place
): 'none' | 'ours' | { readonly path: string; readonly age: number } {
  const stat = fs.lstatSync(lockFile(place), { throwIfNoEntry: false })
  if (stat === undefined) return 'none'
  return isOurs(place) ? 'ours' : { path: lockFile(place), age: Date.now() - stat.mtimeMs }
}

/** To be called only by the holder of the vault's lock. So if the lock is ours, an earlier holder left it behind. */
function isOurs(place: Place): boolean {
  const lock = fs.lstatSync(lockFile(place), { throwIfNoEntry: false })
  if (lock === undefined) return false
  const ours = fs.statSync(permanentFile(place), { throwIfNoEntry: false })
  if (ours !== undefined && ours.ino === lock.ino && ours.dev === lock.dev) return true
  return lock.size === NOTE.length && readIfExists(lockFile(place))?.toString('utf8') === NOTE
}

const lockFile = (place: Place): string => `${indexFile(place)}.lock`
const permanentFile = (place: Place): string => join(writeFolder(place), 'index-lock')

/** Returns false if the lock exists. */
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
      // without hard links, the content identifies it
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
