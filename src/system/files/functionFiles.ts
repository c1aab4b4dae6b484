import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { programPath } from './programs.js'

/** Returns the absolute path of a file; `undefined` if there is none. Links stay: an interpreter may go by its own path. */
export function existingFile(path: string): string | undefined {
  const file = resolve(path)
  return realPath(file) === undefined ? undefined : file
}

/** Returns the absolute path of a program, named by a path or found on PATH; `undefined` if there is none. */
export const existingProgram = (name: string): string | undefined =>
  /[\\/]/.test(name) ? existingFile(name) : programPath(name)

/** Whether a path, relative to the current folder, is a file or folder inside `root`, links followed. */
export function isInside(path: string, root: string): boolean {
  const real = realPath(resolve(path))
  const inside = real === undefined ? '..' : relative(realPath(root) ?? root, real)
  return !/^\.\.(?:[\\/]|$)/.test(inside) && !isAbsolute(inside)
}

export const folderOf = (file: string): string => dirname(file)

export const homeFolder = (): string => homedir()

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined // no such file
  }
}
