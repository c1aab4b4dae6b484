import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import { aside, errno, fileFailed, readIfThere, removeIfThere, suffix } from '../files/files.js'
import { components, shown } from '../files/paths.js'
import { memoryFolder, type Place } from './place.js'

/** A lock is held for as long as one small file takes to write; one this old has lost its process. */
const STALE_AFTER = 10_000
const GIVE_UP_AFTER = 30_000

export function openMemory(place: Place): Memory {
  const folder = memoryFolder(place)
  const fileOf = (name: string): string => join(folder, ...components(name))
  return {
    async read(name) {
      try {
        return readIfThere(fileOf(name))
      } catch (error) {
        throw fileFailed(`cannot read ${shown(fileOf(name))}`, error)
      }
    },
    async update(name, next) {
      const file = fileOf(name)
      try {
        // Again where the lock was taken for one that lost its process.
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
 * The lock becomes the new file, as git has it: never half a file is seen, only the old bytes or the new. While the disk
 * is busy with one file, making, naming and syncing another takes its time: not this thread's, which others need.
 * @returns false where the lock was lost meanwhile, and nothing was changed
 */
async function replace(
  file: string,
  next: (bytes: Uint8Array | undefined) => Uint8Array | undefined
): Promise<boolean> {
  const lock = await take(file)
  try {
    const bytes = next(readIfThere(file))
    if (bytes === undefined) return true
    fs.writeFileSync(lock.handle, bytes)
    await aside.fsync(lock.handle)
    return await lock.become(file)
  } finally {
    lock.release()
  }
}

interface Lock {
  readonly handle: number
  /** False where it was taken for stale while this process was suspended: then the name is somebody else's now. */
  become(file: string): Promise<boolean>
  /** Removes it, unless it has become the file. */
  release(): void
}

async function take(file: string): Promise<Lock> {
  const path = `${file}.lock`
  const since = Date.now()
  for (;;) {
    const lock = await create(path)
    if (lock) return lock
    breakIfStale(path)
    if (Date.now() - since > GIVE_UP_AFTER) {
      throw new VaultError('RepositoryBusy', `${shown(path)} is held by another process`)
    }
    await new Promise(resolve => setTimeout(resolve, 1 + Math.random() * 10))
  }
}

/** Undefined where there is one. */
async function create(path: string): Promise<Lock | undefined> {
  const handle = await openNew(path)
  if (handle === undefined) return undefined
  const { ino } = fs.fstatSync(handle)
  const isOurs = (): boolean => fs.statSync(path, { throwIfNoEntry: false })?.ino === ino
  let isFile = false
  return {
    handle,
    async become(file) {
      if (!isOurs()) return false
      await aside.rename(path, file)
      isFile = true
      return true
    },
    release() {
      if (!isFile && isOurs()) removeIfThere(path)
      fs.closeSync(handle)
    }
  }
}

/** @param isMade whether the folder has been made just now */
async function openNew(path: string, isMade = false): Promise<number | undefined> {
  try {
    return await aside.open(path, 'wx', 0o600)
  } catch (error) {
    if (errno(error) === 'EEXIST') return undefined
    if (errno(error) !== 'ENOENT' || isMade) throw error
  }
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return openNew(path, true)
}

/**
 * Moved aside before it is removed, so that of two processes only one removes it. Should the other have
 * taken a fresh lock in between, it is the fresh one that was moved: it is put back.
 */
function breakIfStale(lock: string): void {
  const stat = fs.statSync(lock, { throwIfNoEntry: false })
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_AFTER) return
  const moved = `${lock}.${suffix()}`
  try {
    fs.renameSync(lock, moved)
    if (fs.statSync(moved).ino !== stat.ino) fs.linkSync(moved, lock)
  } catch (error) {
    if (errno(error) !== 'ENOENT' && errno(error) !== 'EEXIST') throw error
  }
  removeIfThere(moved)
}
