import * as fs from 'node:fs'
import { join } from 'node:path'
import { errno, fileFailed } from './files.js'
import { shown } from './paths.js'

/** The rights of the group and of all others. */
const OTHERS = 0o077

/**
 * Returns the files and folders of this user, at and below some paths, that other users have rights on. Follows no link. On
 * Windows, none: modes mean nothing there.
 */
export function looseFiles(paths: readonly string[]): string[] {
  const user = process.geteuid?.()
  if (user === undefined) return []
  const found: string[] = []
  const pending = [...paths]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined || stat.isSymbolicLink()) continue
    if (stat.uid === user && (stat.mode & OTHERS) !== 0) found.push(path)
    if (stat.isDirectory()) for (const name of namesIn(path)) pending.push(join(path, name))
  }
  return found.sort()
}

/** Takes the rights of all other users away. */
export function makePrivate(paths: readonly string[]): void {
  for (const path of paths) {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined || stat.isSymbolicLink()) continue
    try {
      fs.chmodSync(path, stat.mode & 0o7777 & ~OTHERS)
    } catch (error) {
      throw fileFailed(`cannot change the mode of ${shown(path)}`, error)
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    // not readable for this user, so it is not private to them
    if (errno(error) === 'EACCES' || errno(error) === 'ENOENT') return []
    throw error
  }
}
