import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { VaultError } from '../../core/errors.js'

export type FileError = NodeJS.ErrnoException

export const errno = (error: unknown): string | undefined =>
  error instanceof Error ? (error as FileError).code : undefined

/** A failure of the file system as the one line that its reader can act upon. */
export function fileFailed(doing: string, error: unknown): VaultError {
  const code = errno(error)
  const reason = code === undefined ? String(error) : (REASONS[code] ?? code)
  return new VaultError('FileFailed', `${doing}: ${reason}`, { cause: error })
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files',
  ENOTDIR: 'a file is where a folder is needed',
  EISDIR: 'a folder is where a file is needed'
}

/**
 * For a temporary name. It is created exclusively, so it only has to be unlike its neighbours; loading
 * node:crypto for it would cost each read 4 ms.
 */
export const suffix = (): string =>
  Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')

export function readIfThere(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined
    throw error
  }
}

export function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
  }
}

/** Renames, creations and removals in a folder reach the disk only when the folder itself is synced. */
export function syncFolder(path: string): void {
  // Windows cannot open a folder; its file system journals names by itself.
  if (process.platform === 'win32') return
  const handle = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** A new file with its content on the disk, without its name being so. */
export function writeSynced(path: string, bytes: Uint8Array | string, mode: number): void {
  const handle = fs.openSync(path, 'wx', mode)
  try {
    fs.writeFileSync(handle, bytes)
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** What may wait for the disk, on another thread. */
export const aside = {
  open: promisify(fs.open),
  fsync: promisify(fs.fsync),
  rename: promisify(fs.rename)
}

/**
 * A new file as `fill` leaves it, on the disk, while this thread goes on: of what is done with a file only its creation
 * and its sync may wait for the disk, and to hand the rest to another thread as well would cost more than doing it.
 */
export async function writeAside(path: string, mode: number, fill: (handle: number) => void): Promise<void> {
  const handle = await aside.open(path, 'wx', mode)
  try {
    fill(handle)
    await aside.fsync(handle)
  } finally {
    fs.closeSync(handle)
  }
}
