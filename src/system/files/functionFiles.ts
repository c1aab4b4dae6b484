import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join, parse, resolve } from 'node:path'
import { programPath } from './programs.js'
import { isWithin, statOf } from './within.js'

/** As many links as Linux follows in one path. */
const MOST_LINKS = 40
const SEPARATOR = process.platform === 'win32' ? /[\\/]/ : /\//

/** Returns the absolute path of a file; `undefined` if there is none. Links stay: an interpreter may go by its own path. */
export function existingFile(path: string): string | undefined {
  const file = resolve(path)
  return statOf(file) === undefined ? undefined : file
}

/** Returns the absolute path of a program, named by a path or found on PATH; `undefined` if there is none. */
export const existingProgram = (name: string): string | undefined =>
  /[\\/]/.test(name) ? existingFile(name) : programPath(name)

export const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false

/**
 * Whether a path is in `root` or leads through it, by a link at any place of the path. Whoever can write in `root` chooses what
 * such a path names. A file that does not exist is judged by the folders that do.
 * @param from the folder that a relative path begins in
 */
export function leadsInto(path: string, root: string, from: string): boolean {
  const partsOf = (text: string): string[] => text.slice(parse(text).root.length).split(SEPARATOR)
  let rest = partsOf(path)
  let at = isAbsolute(path) ? parse(path).root : realPath(from)
  let links = 0
  while (rest.length > 0) {
    const part = rest.shift()!
    if (part === '' || part === '.') continue
    if (part === '..') {
      at = dirname(at)
      continue
    }
    // what is in `root` may be a link by the time it is used
    if (isWithin(at, root)) return true
    const target = linkTarget(join(at, part))
    if (target === undefined) {
      at = join(at, part)
      continue
    }
    if (++links > MOST_LINKS) return true
    rest = partsOf(target).concat(rest)
    if (isAbsolute(target)) at = parse(target).root
  }
  return isWithin(at, root)
}

/** Returns PATH without the folders in `root`. */
export const pathOutside = (path: string, root: string): string =>
  path
    .split(delimiter)
    .filter(folder => !leadsInto(folder, root, root))
    .join(delimiter)

export const folderOf = (file: string): string => dirname(file)

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined // no such file
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
