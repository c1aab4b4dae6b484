import * as fs from 'node:fs'
import { join, sep } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Entry, ListedFile, WorkTree } from '../../core/ports.js'
import { errno, fileFailed } from './files.js'
import { components, shown } from './paths.js'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants

/**
 * Reads the checked-out files. Anyone who can push can add a symbolic link, so none is followed below the root. The calls
 * are synchronous, because a read takes a few microseconds and a promise ten times that.
 */
export function openWorkTree(root: string): WorkTree {
  const recent = new RecentFolders()
  return {
    read: async (path, limit) => readFile(root, path, limit, recent),
    readAny: async (path, limit) => readFile(root, path, limit, recent),
    list: async path => listFolder(root, path, recent),
    files: folder => listFiles(root, folder),
    untracked: async () => () => false
  }
}

/** In folders: deeper than any file of a vault, and low enough not to run out of open files. */
const MAX_DEPTH = 300
/** The size of a folder itself, in bytes: on most file systems it holds a few thousand names. */
const SMALL_FOLDER_BYTES = 128 << 10

/** Yields every file below a folder, without keeping all names of a large folder in memory. */
async function* listFiles(root: string, folder: string): AsyncGenerator<ListedFile> {
  const target = locate(root, folder)
  if (target === undefined) return
  if (target.stat.isDirectory()) yield* listBelow(target.path, folder, target.stat, 0)
  else yield { path: folder, mode: modeOf(target.stat) }
}

/** @param at the folder's absolute path */
function* listBelow(at: string, folder: string, stat: fs.Stats, depth: number): Generator<ListedFile> {
  if (depth > MAX_DEPTH) return yield { path: folder, mode: modeOf(stat) }
  const isSmall = stat.size <= SMALL_FOLDER_BYTES
  for (const entry of isSmall ? readFolder(at, folder) : streamFolder(at, folder)) {
    const path = `${folder}/${entry.name}`
    const below = join(at, entry.name)
    const found = fs.lstatSync(below, { throwIfNoEntry: false })
    // it was removed meanwhile, or its name is not valid UTF-8: then it exists but cannot be opened by that name
    if (found === undefined) {
      if (entry.name.includes('\ufffd')) yield { path, mode: '000000' }
    } else if (!found.isDirectory() || !isGitPath(path)) yield { path, mode: modeOf(found) }
    // git treats a repository inside the repository as a submodule
    else if (fs.existsSync(join(below, '.git'))) yield { path, mode: '160000' }
    else yield* listBelow(below, path, found, depth + 1)
  }
}

function readFolder(at: string, folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(at, { withFileTypes: true })
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw fileFailed(`cannot read ${shown(folder)}`, error)
  }
}

/** Reads one entry at a time, which takes three times as long as `readFolder` but little memory. */
function* streamFolder(at: string, folder: string): Generator<fs.Dirent> {
  let entries: fs.Dir
  try {
    entries = fs.opendirSync(at, { bufferSize: 1024 })
  } catch (error) {
    throw fileFailed(`cannot read ${shown(folder)}`, error)
  }
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) yield entry
  } finally {
    entries.closeSync()
  }
}

/** Whether git can store the path. */
function isGitPath(path: string): boolean {
  try {
    components(path)
    return true
  } catch {
    return false
  }
}

/** git's mode: `040000` for a folder that is not listed, `000000` for types that git does not know. */
function modeOf(stat: fs.Stats): string {
  if (stat.isSymbolicLink()) return '120000'
  if (stat.isDirectory()) return '040000'
  if (!stat.isFile()) return '000000'
  return process.platform !== 'win32' && (stat.mode & 0o100) !== 0 ? '100755' : '100644'
}

/** As `Tree.read` in core/ports.ts. */
export function readFile(
  root: string,
  path: string,
  limit: number,
  recent?: RecentFolders
): Buffer | undefined {
  const target = locate(root, path, recent)
  if (target === undefined) return undefined
  if (!target.stat.isFile()) throw refused(path, 'is not a regular file')
  if (target.stat.size > limit) throw refused(path, `is longer than ${limit} bytes`)
  let handle: number
  try {
    // without O_NONBLOCK, a pipe put here since the check would block the reader
    handle = fs.openSync(target.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    if (errno(error) === 'ELOOP') throw refused(path, 'is not a regular file')
    throw fileFailed(`cannot read ${shown(path)}`, error)
  }
  try {
    return readWhole(handle, path, limit)
  } finally {
    fs.closeSync(handle)
  }
}

function readWhole(handle: number, path: string, limit: number): Buffer {
  const stat = fs.fstatSync(handle)
  if (!stat.isFile()) throw refused(path, 'is not a regular file')
  if (stat.size > limit) throw refused(path, `is longer than ${limit} bytes`)
  const bytes = Buffer.allocUnsafeSlow(stat.size)
  let length = 0
  while (length < bytes.length) {
    const count = fs.readSync(handle, bytes, length, bytes.length - length, length)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}

function listFolder(root: string, path: string, recent: RecentFolders): Entry[] {
  const target = path === '' ? { path: root, stat: fs.statSync(root) } : locate(root, path, recent)
  if (target === undefined || target.stat.isFile()) return []
  if (!target.stat.isDirectory()) throw refused(path, 'is not a folder')
  try {
    return fs.readdirSync(target.path, { withFileTypes: true }).map(entry => ({
      name: entry.name,
      kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
    }))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw fileFailed(`cannot read ${shown(path)}`, error)
  }
}

/** Returns `undefined` if the path does not exist. Throws `DocumentRefused` if it is behind a symbolic link. */
export function locate(
  root: string,
  path: string,
  recent?: RecentFolders
): { path: string; stat: fs.Stats } | undefined {
  const end = path.lastIndexOf('/')
  const parent = path.slice(0, Math.max(end, 0))
  if (recent?.has(parent)) {
    const [name = ''] = components(path.slice(end + 1))
    const at = `${root}${sep}${parent}${sep}${name}`
    const stat = statOf(at, path)
    if (stat?.isDirectory()) recent.add(path)
    return stat && { path: at, stat }
  }
  const parts = components(path)
  let at = root
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    const stat = statOf(at, path)
    if (stat === undefined) return undefined
    if (index === parts.length - 1) {
      recent?.add(parent)
      if (stat.isDirectory()) recent?.add(path)
      return { path: at, stat }
    }
    if (stat.isSymbolicLink()) {
      throw refused(path, `is behind the symbolic link ${shown(parts.slice(0, index + 1).join('/'))}`)
    }
    if (!stat.isDirectory()) return undefined
  }
  return undefined
}

/** @param path for the message of an error */
function statOf(at: string, path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(at, { throwIfNoEntry: false })
  } catch (error) {
    if (errno(error) === 'ENAMETOOLONG') return undefined
    throw fileFailed(`cannot read ${shown(path)}`, error)
  }
}

/** In milliseconds. No longer than between looking at a folder and opening a file in it on a busy machine. */
const RECENT = 10

/** Folders that a moment ago were no links, and behind none: the files of one are read one right after the other. */
export class RecentFolders {
  readonly #folders = new Set<string>()
  #since = 0

  has(path: string): boolean {
    const now = performance.now()
    if (now - this.#since > RECENT) {
      this.#folders.clear()
      this.#since = now
    }
    return this.#folders.has(path)
  }

  add(path: string): void {
    this.#folders.add(path)
  }
}

function refused(path: string, why: string): VaultError {
  return new VaultError('DocumentRefused', `${shown(path)} ${why}`)
}
