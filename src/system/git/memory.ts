import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import { asyncFs, errno, fileFailed, readIfExists, removeIfExists, syncFolders } from '../files/files.js'
import { components, shown } from '../files/paths.js'
import { memoryFolder, type Place } from './place.js'

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
 * Writes a new file and renames it to the real name, so a reader sees either the old bytes or the new. Syncs the file and
 * its folder, because a clone that loses its pin in a power cut no longer trusts its own vault. On a busy disk, creating,
 * syncing and renaming take long, so they run on another thread.
 * @returns false if the lock was lost meanwhile and nothing was changed
 */
async function replace(
  file: string,
  next: (bytes: Uint8Array | undefined) => Uint8Array | undefined
): Promise<boolean> {
  const folders = makeFolder(dirname(file))
  // loaded here, because a read takes no lock
  const { takeFileLock } = await import('../files/fileLock.js')
  const lock = await takeFileLock(file)
  try {
    const bytes = next(readIfExists(file))
    if (bytes === undefined) return true
    const written = `${file}.new`
    await writeNew(written, bytes)
    if (!lock.isOurs()) return false
    await asyncFs.rename(written, file)
    await syncFolders(folders)
    return true
  } finally {
    lock.release()
  }
}

/** Creates the folder if it does not exist. Returns the folders to sync after a file is made in it, itself included. */
function makeFolder(folder: string): string[] {
  const made = fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const folders = [folder]
  if (made === undefined) return folders
  for (let at = folder; at.length >= made.length; at = dirname(at)) folders.push(dirname(at))
  return folders
}

/** Replaces a file that a killed process may have left. The lock is held. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  removeIfExists(path)
  const handle = await asyncFs.open(path, 'wx', 0o600)
  try {
    fs.writeFileSync(handle, bytes)
    await asyncFs.fsync(handle)
  } finally {
    fs.closeSync(handle)
  }
}
