import * as fs from 'node:fs'
import { VaultError } from '../../core/errors.js'
import { errno, readIfExists, removeIfExists, suffix } from './files.js'
import { holderOf, holderState, holderText, parseHolder, type HolderState } from './holder.js'
import { shown } from './paths.js'

/** A lock whose holder's state is unknown is stale if it is this old, or has not changed for this long. */
const STALE_LOCK_AGE_MS = 10_000
const LOCK_TIMEOUT_MS = 30_000
/** Errors of a file system without symbolic links, or of Windows, which allows them only to some users. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES', 'UNKNOWN']

/** The locks that this process holds. */
const held = new Set<string>()

/** The lock of one file, held while that file is replaced. */
export interface FileLock {
  /** Whether it was not taken over by another process. */
  isOurs(): boolean
  release(): void
}

/**
 * Takes the lock of a file. The lock is a symbolic link whose target is not a path but names the holder, so it exists with
 * its whole content or not at all. The lock of a process that has ended is taken over at once.
 */
export async function takeFileLock(file: string): Promise<FileLock> {
  const path = `${file}.lock`
  const own = `${holderText(holderOf(process.pid))}.${suffix()}`
  // not the time of day, which may be set back
  const since = performance.now()
  let seen = { holder: '', since }
  while (!create(path, own)) {
    const holder = holderOfLock(path)
    if (holder === undefined) continue
    const now = performance.now()
    if (holder !== seen.holder) seen = { holder, since: now }
    if (isStale(path, holder, now - seen.since)) removeStale(path, holder)
    else if (now - since > LOCK_TIMEOUT_MS) throw busy(path, holder)
    else await new Promise(resolve => setTimeout(resolve, 1 + Math.random() * 10))
  }
  held.add(own)
  const isOurs = (): boolean => holderOfLock(path) === own
  return {
    isOurs,
    release() {
      held.delete(own)
      if (isOurs()) removeIfExists(path)
    }
  }
}

/** Returns false if the lock exists. */
function create(path: string, own: string): boolean {
  try {
    try {
      fs.symlinkSync(own, path)
    } catch (error) {
      if (!NO_LINKS.includes(errno(error) ?? '')) throw error
      fs.writeFileSync(path, own, { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

/** Returns undefined if there is no lock. */
function holderOfLock(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    if (errno(error) !== 'EINVAL' && errno(error) !== 'UNKNOWN') throw error
    return readIfExists(path)?.toString('latin1')
  }
}

/** @param unchanged how long this process has seen the lock unchanged, in milliseconds */
function isStale(path: string, text: string, unchanged: number): boolean {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return false
  const state = stateOf(text, stat.mtimeMs)
  if (state !== 'unknown') return state === 'dead'
  return unchanged > STALE_LOCK_AGE_MS || Date.now() - stat.mtimeMs > STALE_LOCK_AGE_MS
}

function stateOf(text: string, since: number): HolderState {
  const holder = parseHolder(text)
  if (holder === undefined) return 'unknown'
  // a lock of this process that it does not hold is one that it could not remove
  const isSelf = text.startsWith(`${holderText(holderOf(process.pid))}.`)
  return isSelf && !held.has(text) ? 'dead' : holderState(holder, since)
}

/**
 * Renames the lock before removing it, so that only one of two processes removes it. If the other has taken a new lock
 * meanwhile, the new one was renamed, and is put back.
 */
function removeStale(path: string, holder: string): void {
  const moved = `${path}.${suffix()}`
  try {
    fs.renameSync(path, moved)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    throw error
  }
  const found = holderOfLock(moved)
  if (found !== holder && found !== undefined) create(path, found)
  removeIfExists(moved)
}

function busy(path: string, holder: string): VaultError {
  const pid = parseHolder(holder)?.pid
  return new VaultError(
    'RepositoryBusy',
    `${shown(path)} is held by ${pid === undefined ? 'another process' : `process ${pid}`}`,
    { hint: `wait for it to end; if no git-vault is running, remove that file` }
  )
}
