import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Change } from '../../core/ports.js'
import type { GitIndex, IndexEntry } from '../index/gitIndex.js'
import { blobId, type ObjectEntry } from './fastImport.js'
import { ancestors, shown } from '../files/paths.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { locate, readFile } from '../files/workTree.js'

/** Writes in the order that they were given, removals last, so that a reader never misses what is named. */
export async function planFiles(
  change: Change,
  head: { replaced(path: string): Promise<ObjectEntry | undefined> },
  oidLength: number
): Promise<PlannedFile[]> {
  const written: PlannedFile[] = []
  const removed: PlannedFile[] = []
  for (const [path, bytes] of change.files) {
    const before = await head.replaced(path)
    if (ancestors(path).some(folder => change.files.get(folder) != null)) {
      throw new VaultError('RepositoryState', `${shown(path)} is inside a path that is written as a file`)
    }
    // Where git does not look at the executable bit, its index keeps the old one: so does the commit.
    const mode = before?.mode ?? '100644'
    const common = { path, mode, old: before?.oid }
    if (bytes !== null) written.push({ ...common, bytes, new: blobId(bytes, oidLength) })
    else if (before !== undefined) removed.push({ ...common, bytes: undefined, new: undefined })
  }
  return [...written, ...removed]
}

/** A file as it was when it was found to be as committed, to notice an edit since. */
export type Snapshots = ReadonlyMap<string, string>

/**
 * Throws `RepositoryState` unless index and work tree hold, at these paths, just what the commit holds.
 * @param sound folders that were found to be so in the same moment; more are added
 */
export function refuseEdits(
  root: string,
  files: readonly PlannedFile[],
  index: GitIndex,
  sound: Set<string>
): Snapshots {
  const snapshots = new Map<string, string>()
  for (const file of files) {
    refuseStaged(file, index)
    refuseFolders(root, file.path, sound)
    const present = readFile(root, file.path, Number.MAX_SAFE_INTEGER)
    const length = (file.old ?? file.new ?? '').length
    const found = present === undefined ? undefined : blobId(present, length)
    if (found !== file.old) throw edited(file, found)
    snapshots.set(file.path, snapshot(root, file.path))
  }
  return snapshots
}

export function snapshot(root: string, path: string): string {
  const stat = fs.lstatSync(join(root, path), { throwIfNoEntry: false })
  return stat === undefined ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ')
}

function refuseStaged(file: PlannedFile, index: GitIndex): void {
  const path = shown(file.path)
  const entries = index.at(file.path)
  const unstage = { hint: `commit it, or take it back with: git restore --staged -- '${path}'` }
  const folder = ancestors(file.path).find(ancestor => index.at(ancestor).length > 0)
  if (folder !== undefined) throw state(`${shown(folder)} is staged as something other than a folder`, {})
  if (index.beneath(file.path)) throw state(`files are staged beneath ${path}`, {})
  if (entries.some(entry => entry.stage > 0)) {
    throw state(`${path} has a merge conflict`, { hint: 'resolve it, then git add and git commit' })
  }
  const entry: IndexEntry | undefined = entries[0]
  if (entry?.skipped === true) {
    throw state(`${path} is left out of this work tree (sparse checkout or skip-worktree)`, {
      hint: "include it with git sparse-checkout add, or git update-index --no-skip-worktree -- '<path>'"
    })
  }
  if (entry !== undefined && file.old === undefined) {
    throw state(`${path} is staged but not committed`, unstage)
  }
  if (entry === undefined && file.old !== undefined) throw state(`${path} is staged for deletion`, unstage)
  if (entry !== undefined && (entry.oid !== file.old || entry.mode !== file.mode)) {
    throw state(`${path} has staged changes`, unstage)
  }
}

/** The way to the file in the work tree: real folders, or nothing yet. */
function refuseFolders(root: string, path: string, sound: Set<string>): void {
  let deepest = root
  for (const folder of ancestors(path)) {
    if (!sound.has(folder)) {
      const found = locate(root, folder)
      if (found === undefined) break
      if (!found.stat.isDirectory()) {
        const what = found.stat.isSymbolicLink() ? 'a symbolic link' : 'not a folder'
        throw state(`${shown(folder)} is ${what} in the work tree`, { hint: 'move it out of the way' })
      }
      if (fs.existsSync(join(found.path, '.git'))) {
        throw state(`${shown(folder)} is a repository of its own`, { hint: 'move it out of the way' })
      }
      sound.add(folder)
    }
    deepest = join(root, folder)
  }
  try {
    // Known now, it is a refusal; known after the branch has moved, a repair.
    fs.accessSync(deepest, fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw new VaultError('RepositoryState', `the folder ${shown(deepest)} cannot be written`, {
      cause: error
    })
  }
}

function edited(file: PlannedFile, found: string | undefined): VaultError {
  const path = shown(file.path)
  const restore = { hint: `take the edit back with: git restore -- '${path}'` }
  if (found === undefined) return state(`${path} has been deleted by hand`, restore)
  if (file.old === undefined) return state(`${path} is in the way and not in git`, { hint: 'move it away' })
  return state(`${path} has been edited by hand`, restore)
}

const state = (message: string, options: { hint?: string }): VaultError =>
  new VaultError('RepositoryState', message, options)
