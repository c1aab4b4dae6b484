import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { WorkTree } from '../../core/ports.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

/** Whether the work tree is, or once was, a sparse checkout. One system call. */
export const maySparse = (place: Place): boolean => existsSync(join(place.gitDir, 'info', 'sparse-checkout'))

/**
 * The work tree of a sparse checkout. A tracked file that git left out is not a missing file: reading it throws
 * `RepositoryState`, and listing a folder that lacks such files warns. The hint is the command that checks them out.
 */
export function sparseWorkTree(place: Place, tree: WorkTree, warn: (line: string) => void): WorkTree {
  let isWarned = false
  const warnOfOmitted = async (folder: string): Promise<void> => {
    const omitted = isWarned ? [] : await omittedFiles(place, folder)
    if (omitted.length === 0) return
    isWarned = true
    const files = omitted.length === 1 ? '1 file' : `${omitted.length} files`
    warn(`${files} in ${shown(folder)} are outside this sparse checkout; ${remedy(folder)}`)
  }
  return {
    ...tree,
    async read(path, limit) {
      const bytes = await tree.read(path, limit)
      if (bytes || (await omittedFiles(place, path)).length === 0) return bytes
      throw new VaultError('RepositoryState', `${shown(path)} is outside this sparse checkout`, {
        hint: remedy(dirname(path))
      })
    },
    async list(path) {
      if (path !== '') await warnOfOmitted(path)
      return tree.list(path)
    },
    async *files(folder) {
      await warnOfOmitted(folder)
      yield* tree.files(folder)
    }
  }
}

const remedy = (folder: string): string => `check it out: git sparse-checkout add '${shown(folder)}'`

/** Returns the tracked files at or below a path that git does not check out. */
async function omittedFiles(place: Place, path: string): Promise<string[]> {
  const { git } = await import('./git.js')
  const { output } = await git(place, ['ls-files', '-t', '-z', '--', path])
  const entries = output.toString('utf8').split('\0')
  return entries.flatMap(entry => (entry.startsWith('S ') ? [entry.slice(2)] : []))
}
