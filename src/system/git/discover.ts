import * as fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { readIfExists } from '../files/files.js'
import { shown } from '../files/paths.js'
import { requireOwnMemory, requireSameOwner } from './owner.js'
import type { Place } from './place.js'

/**
 * Returns the repository around a folder, found as git does but without starting git. Only a `.git` ends the search. A
 * bare repository, or a folder that looks like one, cannot hold a vault, and is a known way to make git read an attacker's
 * configuration. Throws `VaultNotFound`, or `RepositoryState` if another user owns the repository.
 */
export function discover(directory: string): Place {
  const start = realFolder(resolve(directory))
  for (let folder = start; ; folder = dirname(folder)) {
    const dotGit = join(folder, '.git')
    const stat = fs.statSync(dotGit, { throwIfNoEntry: false })
    if (stat !== undefined) {
      const gitDir = stat.isDirectory() ? dotGit : linkedFolder(dotGit)
      const commonDir = commonFolder(gitDir)
      if (fs.existsSync(join(gitDir, 'HEAD')) && fs.existsSync(join(commonDir, 'objects'))) {
        requireSameOwner(folder, [folder, dotGit, gitDir])
        const place = { root: folder, gitDir, commonDir }
        requireOwnMemory(place)
        return place
      }
    }
    if (dirname(folder) === folder) break
  }
  throw new VaultError('VaultNotFound', `${shown(start)} is not inside a git repository with a work tree`, {
    hint: 'go to a repository, or make one here with: git-vault init'
  })
}

function realFolder(directory: string): string {
  try {
    return fs.realpathSync(directory)
  } catch (error) {
    throw new VaultError('VaultNotFound', `cannot open the folder ${shown(directory)}`, { cause: error })
  }
}

/** Reads a `.git` that is a file: in a linked work tree, a submodule, or after `git init --separate-git-dir`. */
function linkedFolder(dotGit: string): string {
  const line = fs.statSync(dotGit).size <= 65536 ? fs.readFileSync(dotGit, 'utf8') : ''
  const path = /^gitdir: (.+?)\r?\n*$/s.exec(line)?.[1]
  if (path === undefined) {
    throw new VaultError('VaultNotFound', `${shown(dotGit)} does not name a repository`)
  }
  const gitDir = resolve(dirname(dotGit), path)
  if (!fs.existsSync(gitDir)) {
    throw new VaultError('VaultNotFound', `${shown(dotGit)} names ${shown(gitDir)}, which does not exist`, {
      hint: 'if the repository was moved, run: git worktree repair'
    })
  }
  return fs.realpathSync(gitDir)
}

function commonFolder(gitDir: string): string {
  const path = readIfExists(join(gitDir, 'commondir'))?.toString('utf8').trimEnd()
  return path === undefined ? gitDir : fs.realpathSync(resolve(gitDir, path))
}
