import * as fs from 'node:fs'
import { join } from 'node:path'
import type { WorkTree } from '../core/ports.js'
import { locate, openWorkTree } from './files/workTree.js'
import { isRacy, stampOf } from './stamp.js'
import { shown } from './files/paths.js'
import { indexFile, journalFile, type Place } from './git/place.js'
import { splitNul } from './git/splitNul.js'
import type { TrackedFiles } from './git/tracked.js'

/**
 * The work tree without the files that git does not track. Such a file may be what a power cut brought back, or what `git
 * rm --cached` has left. No commit has it, so no write would find it.
 * @param warn receives one line for each folder with such a file
 */
export function openTrackedTree(place: Place, tracked: TrackedFiles, warn: (line: string) => void): WorkTree {
  const tree = openWorkTree(place.root)
  const warned = new Set<string>()
  const warnOnce = (path: string): void => {
    const folder = path.slice(0, path.lastIndexOf('/')).replace(/\/versions$/, '')
    if (warned.has(folder) || isChanging(place, path)) return
    warned.add(folder)
    warn(`${shown(path)} is not tracked by git, so it is ignored`)
  }
  return {
    ...tree,
    async read(path, limit) {
      const bytes = await tree.read(path, limit)
      if (bytes === undefined || tracked.has(path) !== false) return bytes
      warnOnce(path)
      return undefined
    },
    state: () => stateOf([join(place.gitDir, 'HEAD'), indexFile(place), journalFile(place)]),
    async untracked(folder) {
      const known = tracked.has(`${folder}/`)
      const listed = known === undefined ? await listUntracked(place, folder) : undefined
      return path => listed?.has(path) ?? tracked.has(path) === false
    }
  }
}

/** Identifies the state of files that are replaced, not changed in place; `undefined` if one was replaced just now. */
function stateOf(paths: readonly string[]): string | undefined {
  const stamps = paths.map(stampOf)
  if (stamps.some(stamp => stamp && isRacy(stamp))) return undefined
  const text = stamps.map(stamp => stamp && [stamp.dev, stamp.ino, stamp.size, stamp.ctimeNs, stamp.mtimeNs])
  return text.map(numbers => numbers?.join(' ') ?? '').join('\n')
}

/** Whether a write or a git command is running, which updates files and index one after the other. */
function isChanging(place: Place, path: string): boolean {
  return (
    fs.existsSync(journalFile(place)) ||
    fs.existsSync(`${indexFile(place)}.lock`) ||
    locate(place.root, path) === undefined
  )
}

async function listUntracked(place: Place, folder: string): Promise<Set<string>> {
  const { git } = await import('./git/git.js')
  const { output } = await git(place, ['ls-files', '-z', '--others', '--', folder])
  return new Set(splitNul(output))
}
