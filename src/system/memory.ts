import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../core/errors.js'
import type { Memory } from '../core/ports.js'
import { errno, fileFailed, readIfThere, removeIfThere, suffix } from './files.js'
import { components, shown } from './paths.js'
import { memoryFolder, type Place } from './place.js'

/** A lock is held for two file operations; one this old has lost its process. */
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
      // Most updates find that they have nothing to change; they need no lock for that.
      if (next(await this.read(name)) === undefined) return
      const lock = await take(file)
      try {
        // Read again: what the lock kept waiting may have changed it.
        const bytes = next(readIfThere(file))
        if (bytes !== undefined) await replace(file, bytes)
      } catch (error) {
        throw error instanceof VaultError || errno(error) === undefined
          ? error
          : fileFailed(`cannot write ${shown(file)}`, error)
      } finally {
        lock.release()
      }
    }
  }
}

/** Never half a file: a reader sees the old bytes or the new. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${suffix()}.tmp`
  try {
    const handle = fs.openSync(temporary, 'wx', 0o600)
    try {
      fs.writeFileSync(handle, bytes)
      await synced(handle)
    } finally {
      fs.closeSync(handle)
    }
    fs.renameSync(temporary, file)
  } catch (error) {
    removeIfThere(temporary)
    throw error
  }
}

/** Not in this thread: others may be writing meanwhile. */
function synced(handle: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fsync(handle, error => (error ? reject(error) : resolve())))
}

async function take(file: string): Promise<{ release(): void }> {
  const lock = `${file}.lock`
  const mine = suffix()
  const since = Date.now()
  try {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fileFailed(`cannot write ${shown(file)}`, error)
  }
  for (;;) {
    try {
      fs.writeFileSync(lock, mine, { flag: 'wx', mode: 0o600 })
      return { release: () => release(lock, mine) }
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw fileFailed(`cannot write ${shown(file)}`, error)
    }
    breakIfStale(lock)
    if (Date.now() - since > GIVE_UP_AFTER) {
      throw new VaultError('RepositoryBusy', `${shown(lock)} is held by another process`)
    }
    await new Promise(resolve => setTimeout(resolve, 1 + Math.random() * 10))
  }
}

/** Ours may have been taken for stale while this process was suspended: then it is somebody else's now. */
function release(lock: string, mine: string): void {
  if (readIfThere(lock)?.toString('utf8') === mine) removeIfThere(lock)
}

/**
 * Moved aside before it is removed, so that of two processes only one removes it. Should the other have
 * taken a fresh lock in between, it is the fresh one that was moved: it is put back.
 */
function breakIfStale(lock: string): void {
  const stat = fs.statSync(lock, { throwIfNoEntry: false })
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_AFTER) return
  const aside = `${lock}.${suffix()}`
  try {
    fs.renameSync(lock, aside)
    if (fs.statSync(aside).ino !== stat.ino) fs.linkSync(aside, lock)
  } catch (error) {
    if (errno(error) !== 'ENOENT' && errno(error) !== 'EEXIST') throw error
  }
  removeIfThere(aside)
}
