import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { VaultError } from '../../core/errors.js'
import { forEachOf } from '../../core/workers.js'

export type FileError = NodeJS.ErrnoException

export const errno = (error: unknown): string | undefined =>
  error instanceof Error ? (error as FileError).code : undefined

/** Returns a `FileFailed` with a one-line reason for a failure of the file system. */
export function fileFailed(action: string, error: unknown): VaultError {
  const code = errno(error)
  const reason = code === undefined ? String(error) : (REASONS[code] ?? code)
  return new VaultError('FileFailed', `${action}: ${reason}`, { cause: error })
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is exceeded',
  EMFILE: 'too many open files',
  ENOTDIR: 'part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file'
}

/**
 * Returns 12 hexadecimal digits for a temporary name, random by default. They need not be secret, because the file is created
 * exclusively. Loading node:crypto for them would cost each read 4 ms.
 */
export const suffix = (number = Math.floor(Math.random() * 2 ** 48)): string =>
  (number % 2 ** 48).toString(16).padStart(12, '0')

/** Returns `undefined` if the file does not exist. */
export function readIfExists(path: string): Buffer | undefined {
  try {
    // most files that are looked for are not there, and an exception costs ten times as much
    return fs.lstatSync(path, { throwIfNoEntry: false }) && fs.readFileSync(path)
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined
    throw error
  }
}

export function removeIfExists(path: string): void {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
  }
}

/** Writes to disk what was created, renamed or removed in a folder: syncing the files alone does not do that. */
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

/** Syncs the content of a file that another program has written. */
export function syncFile(path: string): void {
  const handle = fs.openSync(path, FOR_SYNC)
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** Windows syncs only a file that is open for writing. */
const FOR_SYNC = process.platform === 'win32' ? 'r+' : 'r'

/** As `syncFile`, without blocking this thread on the disk. Does nothing if there is no such file. */
export async function syncFileAsync(path: string): Promise<void> {
  let handle: number
  try {
    handle = await asyncFs.open(path, FOR_SYNC)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    throw error
  }
  try {
    await asyncFs.fsync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** As `syncFolder`, without blocking this thread on the disk. */
export async function syncFolderAsync(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await asyncFs.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    await asyncFs.fsync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** Fewer than the files that a process may have open: a commit may change tens of thousands of folders. */
const MAX_CONCURRENT_SYNCS = 64

/** Syncs each folder that exists, many at the same time, so that a disk can write them together. */
export async function syncFolders(paths: Iterable<string>): Promise<void> {
  await forEachOf(new Set(paths), MAX_CONCURRENT_SYNCS, async path => {
    if (fs.existsSync(path)) await syncFolderAsync(path).catch(unlessMissing)
  })
}

function unlessMissing(error: unknown): void {
  if (errno(error) !== 'ENOENT') throw error
}

/** Creates a file and syncs its content. Its name is on disk only after `syncFolder`. */
export function writeSynced(
  path: string,
  content: Uint8Array | string | Iterable<Uint8Array>,
  mode: number
): void {
  const handle = fs.openSync(path, 'wx', mode)
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) fs.writeFileSync(handle, content)
    else writePieces(handle, content)
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** Many small parts are written together, in pieces of about this size. */
const PIECE_BYTES = 1 << 18

/** Writes the parts of a file, which need not be in memory together. */
export function writePieces(handle: number, parts: Iterable<Uint8Array>): void {
  let piece: Uint8Array[] = []
  let length = 0
  for (const part of parts) {
    piece.push(part)
    length += part.length
    if (length < PIECE_BYTES) continue
    fs.writeFileSync(handle, Buffer.concat(piece))
    piece = []
    length = 0
  }
  fs.writeFileSync(handle, Buffer.concat(piece))
}

/** Calls that may wait for the disk, on another thread. */
export const asyncFs = {
  open: promisify(fs.open),
  fsync: promisify(fs.fsync),
  rename: promisify(fs.rename)
}

/**
 * As `writeSynced`, with the content written by `fill`, and without blocking this thread on the disk. Only creating and
 * syncing may wait for the disk. Doing the rest on another thread would cost more than it saves.
 */
export async function writeSyncedAsync(
  path: string,
  mode: number,
  fill: (handle: number) => void
): Promise<void> {
  const handle = await asyncFs.open(path, 'wx', mode)
  try {
    fill(handle)
    await asyncFs.fsync(handle)
  } finally {
    fs.closeSync(handle)
  }
}
