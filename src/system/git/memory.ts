import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import { asyncFs, errno, fileFailed, readIfExists, removeIfExists, suffix } from '../files/files.js'
import { components, shown } from '../files/paths.js'
import { memoryFolder, type Place } from './place.js'

/** A lock is held only while one small file is written. The process of an older lock has died. */
const STALE_LOCK_AGE_MS = 10_000
const LOCK_TIMEOUT_MS = 30_000

/** The clone's memory: files in git's common directory. */
export function openMemory(place: Place): Memory {
  const folder = memoryFolder(place)
  const fileOf = (name: string): string => join(folder, ...components(name))
  return {
    async read(name) {
      try {
        return readIfExists(fileOf(name))
      } catch (error) {
        throw fileFailed(`cannot read ${shown(fileOf(name))}`, error)
      }
    },
    async update(name, next) {
      const file = fileOf(name)
      try {
        // retry if another process took this lock for stale
        while (!(await replace(file, next)));
      } catch (error) {
        throw error instanceof VaultError || errno(error) === undefined
          ? error
          : fileFailed(`cannot write ${shown(file)}`, error)
      }
    }
  }
}

/**
 * Writes the lock file and renames it to the real name, as git does, so a reader sees either the old bytes or the new. On
 * a busy disk, creating, syncing and renaming take long, so they run on another thread.
 * @returns false if the lock was lost meanwhile and nothing was changed
 */
async function replace(
  file: string,
  next: (bytes: Uint8Array | undefined) => Uint8Array | undefined
): Promise<boolean> {
  const lock = await takeFileLock(file)
  try {
    const bytes = next(readIfExists(file))
    if (bytes === undefined) return true
    fs.writeFileSync(lock.handle, bytes)
    await asyncFs.fsync(lock.handle)
    return await lock.renameTo(file)
  } finally {
    lock.release()
  }
}

interface FileLock {
  readonly handle: number
  /** Returns false if the lock was lost: another process removed it as stale while this one was suspended. */
  renameTo(file: string): Promise<boolean>
  /** Removes the lock file if it was not renamed. */
  release(): void
}

async function takeFileLock(file: string): Promise<FileLock> {
  const path = `${file}.lock`
  const since = Date.now()
  for (;;) {
    const lock = await tryLock(path)
    if (lock) return lock
    removeIfStale(path)
    if (Date.now() - since > LOCK_TIMEOUT_MS) {
      throw new VaultError('RepositoryBusy', `${shown(path)} is held by another process`)
    }
    await new Promise(resolve => setTimeout(resolve, 1 + Math.random() * 10))
  }
}

/** Returns undefined if the lock file exists. */
async function tryLock(path: string): Promise<FileLock | undefined> {
  const handle = await openNew(path)
  if (handle === undefined) return undefined
  const { ino } = fs.fstatSync(handle)
  const isOurs = (): boolean => fs.statSync(path, { throwIfNoEntry: false })?.ino === ino
  let isRenamed = false
  return {
    handle,
    async renameTo(file) {
      if (!isOurs()) return false
      await asyncFs.rename(path, file)
      isRenamed = true
      return true
    },
    release() {
      if (!isRenamed && isOurs()) removeIfExists(path)
      fs.closeSync(handle)
    }
  }
}

/**
 * Returns undefined if the file exists.
 * @param isFolderMade whether the folder was created by the call before
 */
async function openNew(path: string, isFolderMade = false): Promise<number | undefined> {
  try {
    return await asyncFs.open(path, 'wx', 0o600)
  } catch (error) {
    if (errno(error) === 'EEXIST') return undefined
    if (errno(error) !== 'ENOENT' || isFolderMade) throw error
  }
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return openNew(path, true)
}

/**
 * Renames the lock before removing it, so that only one of two processes removes it. If the other has taken a new lock
 * meanwhile, the new one was renamed, and is put back.
 */
function removeIfStale(lock: string): void {
  const stat = fs.statSync(lock, { throwIfNoEntry: false })
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_LOCK_AGE_MS) return
  const moved = `${lock}.${suffix()}`
  try {
    fs.renameSync(lock, moved)
    if (fs.statSync(moved).ino !== stat.ino) fs.linkSync(moved, lock)
  } catch (error) {
    if (errno(error) !== 'ENOENT' && errno(error) !== 'EEXIST') throw error
  }
  removeIfExists(moved)
}
