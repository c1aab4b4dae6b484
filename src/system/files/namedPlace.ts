import * as fs from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileFailed } from './files.js'
import { isWithin } from './within.js'

/** Where a path that the user gave leads. */
export interface NamedPlace {
  /** The path, with the links of its folder resolved. */
  readonly path: string
  /** `other` is a folder, a link or a device. `undefined` if nothing is there. */
  readonly kind: 'file' | 'other' | undefined
  /** Whether it is in the folder that was asked about, at any depth. */
  readonly isInside: boolean
}

/** Throws `FileFailed` if the folder of `path` does not exist. @param folder an absolute path */
export function namedPlace(path: string, folder: string): NamedPlace {
  try {
    const parent = fs.realpathSync(dirname(resolve(path)))
    const real = join(parent, basename(resolve(path)))
    const stat = fs.lstatSync(real, { throwIfNoEntry: false })
    const kind = stat && (stat.isFile() ? 'file' : 'other')
    return { path: real, kind, isInside: isWithin(parent, folder) }
  } catch (error) {
    throw fileFailed(`cannot write ${path}`, error)
  }
}
