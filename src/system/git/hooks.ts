import * as fs from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import {
  errno,
  fileFailed,
  type FileError,
  readIfExists,
  removeIfExists,
  suffix,
  syncFolder,
  writeSynced
} from '../files/files.js'
import { shown } from '../files/paths.js'
import { git } from './git.js'
import type { Place } from './place.js'

/** The first line after `#!` of a hook that git-vault wrote. */
const MARK = '# written by git-vault hook install; to remove it: git-vault hook uninstall'

export interface HookFile {
  /** Absolute. */
  readonly path: string
  /** `other` is a file that git-vault did not write. */
  readonly state: 'none' | 'ours' | 'other'
  readonly text: string
  /** Whether it is in the git directory, which no commit changes. */
  readonly isPrivate: boolean
}

/** Finds the file that git runs before a commit: in `core.hooksPath` if that is set. */
export async function findHook(place: Place, hook: string): Promise<HookFile> {
  const folder = await hooksFolder(place)
  const path = join(folder, hook)
  const present = readIfExists(path)
  const text = present?.toString('utf8') ?? ''
  const state = present === undefined ? 'none' : text.split('\n')[1] === MARK ? 'ours' : 'other'
  const isPrivate = [place.gitDir, place.commonDir].some(parent => isIn(realOf(folder), realOf(parent)))
  return { path, state, text, isPrivate }
}

/** Writes a hook that runs a command line, in place of none or of one that git-vault wrote. */
export function writeHook({ path, state }: HookFile, command: string): void {
  const text = `#!/bin/sh\n${MARK}\nexec ${command}\n`
  const temporary = `${path}.${suffix()}`
  try {
    fs.mkdirSync(join(path, '..'), { recursive: true })
    writeSynced(temporary, text, 0o755)
    // never replaces a file that was made since it was looked for
    if (state === 'none') linkOrRename(temporary, path)
    else fs.renameSync(temporary, path)
    syncFolder(join(path, '..'))
  } catch (error) {
    if (errno(error) === 'EEXIST' && (error as FileError).syscall === 'link')
      throw new VaultError('RepositoryBusy', `another program has just written ${shown(path)}`)
    throw fileFailed(`cannot write the hook ${shown(path)}`, error)
  } finally {
    if (fs.existsSync(temporary)) removeIfExists(temporary)
  }
}

/** Fails if the new path exists, but for file systems without hard links. */
function linkOrRename(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(errno(error) ?? '') || fs.existsSync(to))
      throw error
    fs.renameSync(from, to)
  }
}

export function removeHook({ path }: HookFile): void {
  try {
    removeIfExists(path)
  } catch (error) {
    throw fileFailed(`cannot remove the hook ${shown(path)}`, error)
  }
}

async function hooksFolder(place: Place): Promise<string> {
  const args = ['config', '-z', '--type=path', '--get-all', 'core.hooksPath']
  const { output } = await git(place, args)
  // the last value is the one with which git-vault turns hooks off in its own git processes
  const set = output.toString('utf8').split('\0').slice(0, -2).at(-1)
  return set === undefined ? join(place.commonDir, 'hooks') : resolve(place.root, set)
}

function isIn(path: string, folder: string): boolean {
  const inside = relative(folder, path)
  return inside !== '..' && !inside.startsWith('../') && !inside.startsWith('..\\') && !isAbsolute(inside)
}

function realOf(path: string): string {
  try {
    return fs.realpathSync(path)
  } catch {
    return path
  }
}
