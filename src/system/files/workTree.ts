import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Entry, ListedFile, WorkTree } from '../../core/ports.js'
import { errno, fileFailed } from './files.js'
import { components, shown } from './paths.js'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants

/**
 * The files as they are checked out. Whoever can push decides what is a symbolic link here, so none is
 * followed below the root. Synchronous calls, because a read is a few microseconds and a promise costs
 * ten times that.
 */
export function openWorkTree(root: string): WorkTree {
  return {
    read: async (path, limit) => readFile(root, path, limit),
    list: async path => listFolder(root, path),
    files: folder => listFiles(root, folder)
  }
}

/** Deeper than any file of a vault lies, and not so deep that the open folders would be too many. */
const DEEPEST = 300
/** Of a folder itself, in bytes: what most file systems need for a few thousand names. */
const SMALL = 128 << 10

/** All below a folder, with no list of what a large one holds. */
async function* listFiles(root: string, folder: string): AsyncGenerator<ListedFile> {
  const target = locate(root, folder)
  if (target === undefined) return
  if (target.stat.isDirectory()) yield* listBelow(target.path, folder, target.stat, 0)
  else yield { path: folder, mode: modeOf(target.stat) }
}

/** @param at where the folder is, which was seen to be one */
function* listBelow(at: string, folder: string, stat: fs.Stats, depth: number): Generator<ListedFile> {
  if (depth > DEEPEST) return yield { path: folder, mode: modeOf(stat) }
  const isSmall = stat.size <= SMALL
  for (const entry of isSmall ? readFolder(at, folder) : eachOf(at, folder)) {
    const path = `${folder}/${entry.name}`
    const below = join(at, entry.name)
    const found = fs.lstatSync(below, { throwIfNoEntry: false })
    // gone since, or of a name that is no text: that one is there and cannot be looked at
    if (found === undefined) {
      if (entry.name.includes('\ufffd')) yield { path, mode: '000000' }
    } else if (!found.isDirectory() || !isInside(path)) yield { path, mode: modeOf(found) }
    // a repository of its own is a submodule to git, whatever lies in it
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

/** One after the other, which takes three times as long. */
function* eachOf(at: string, folder: string): Generator<fs.Dirent> {
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

/** Whether git would have such a path at all. */
function isInside(path: string): boolean {
  try {
    components(path)
    return true
  } catch {
    return false
  }
}

/** As git would have it; its own `040000` for a folder that is not looked into, and nothing it knows for the rest. */
function modeOf(stat: fs.Stats): string {
  if (stat.isSymbolicLink()) return '120000'
  if (stat.isDirectory()) return '040000'
  if (!stat.isFile()) return '000000'
  return process.platform !== 'win32' && (stat.mode & 0o100) !== 0 ? '100755' : '100644'
}

export function readFile(root: string, path: string, limit: number): Buffer | undefined {
  const target = locate(root, path)
  if (target === undefined) return undefined
  if (!target.stat.isFile()) throw refused(path, 'is not a regular file')
  if (target.stat.size > limit) throw refused(path, `is longer than ${limit} bytes`)
  let handle: number
  try {
    // Without O_NONBLOCK a pipe that was put here since would hang the reader.
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

export function listFolder(root: string, path: string): Entry[] {
  const target = path === '' ? { path: root, stat: fs.statSync(root) } : locate(root, path)
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

/** Looks at each component in turn: undefined when nothing is there, refused behind a link. */
export function locate(root: string, path: string): { path: string; stat: fs.Stats } | undefined {
  const parts = components(path)
  let at = root
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    let stat: fs.Stats | undefined
    try {
      stat = fs.lstatSync(at, { throwIfNoEntry: false })
    } catch (error) {
      if (errno(error) === 'ENAMETOOLONG') return undefined
      throw fileFailed(`cannot read ${shown(path)}`, error)
    }
    if (stat === undefined) return undefined
    if (index === parts.length - 1) return { path: at, stat }
    if (stat.isSymbolicLink()) {
      throw refused(path, `is behind the symbolic link ${shown(parts.slice(0, index + 1).join('/'))}`)
    }
    if (!stat.isDirectory()) return undefined
  }
  return undefined
}

function refused(path: string, why: string): VaultError {
  return new VaultError('DocumentRefused', `${shown(path)} ${why}`)
}
