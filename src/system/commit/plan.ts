import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Change } from '../../core/ports.js'
import type { GitIndex, IndexEntry } from '../index/gitIndex.js'
import { blobId, type ObjectEntry } from './fastImport.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { ancestors, shown } from '../files/paths.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { BlobIds, SpooledFile } from './spooledFile.js'
import { locate, readFile } from '../files/workTree.js'

/**
 * Returns the written files in the order of the change, then the removed ones: so no file that another names is missing at
 * any moment.
 */
export async function planFiles(
  change: Change,
  head: { replacedFile(path: string): Promise<ObjectEntry | undefined> },
  oidLength: number
): Promise<PlannedFile[]> {
  const written: PlannedFile[] = []
  const removed: PlannedFile[] = []
  const ids = new BlobIds(oidLength)
  for (const [path, bytes] of change.files) {
    const before = await head.replacedFile(path)
    if (ancestors(path).some(folder => change.files.has(folder) && change.files.get(folder) !== null)) {
      throw new VaultError('RepositoryState', `${shown(path)} is inside a path that is written as a file`)
    }
    // the mode is kept, as git does if core.fileMode is off
    const mode = before?.mode ?? '100644'
    const common = { path, mode, old: before?.oid }
    if (bytes !== null && change.isSpooled?.(path) === true)
      written.push(new SpooledFile(common, change.files, ids, ids.add(bytes)))
    else if (bytes !== null) written.push({ ...common, bytes, new: blobId(bytes, oidLength) })
    else if (before !== undefined) removed.push({ ...common, bytes: undefined, new: undefined })
  }
  return [...written, ...removed]
}

/** The identity and times of each file that was there, when it was equal to the commit, to detect an edit since then. */
export type Snapshots = ReadonlyMap<string, string>

/** Whether a file is as it was when the snapshots were taken. */
export const isAsBefore = (root: string, path: string, snapshots: Snapshots): boolean =>
  snapshot(root, path) === (snapshots.get(path) ?? ABSENT)

/** The blob ids of untracked files that a write may replace, because git has their content, by path. */
export type Replaceable = ReadonlyMap<string, string>

/** Finds untracked files at paths that a write would create, whose content is in the repository's history. */
export async function findReplaceable(place: Place, files: readonly PlannedFile[]): Promise<Replaceable> {
  const untracked = new Map<string, string>()
  for (const { path, old, new: made } of files) {
    if (old !== undefined || made === undefined) continue
    const present = regularFile(place.root, path)
    if (present !== undefined) untracked.set(path, blobId(present, made.length))
  }
  if (untracked.size === 0) return untracked
  const input = Buffer.from([...untracked.values()].map(oid => `${oid}\n`).join(''))
  const { output } = await git(place, ['cat-file', '--batch-check'], { input })
  const lines = output.toString('latin1').split('\n')
  return new Map([...untracked].filter((_, at) => / blob \d+$/.test(lines[at] ?? '')))
}

/** Returns undefined for anything but a regular file: `refuseEdits` names that. */
function regularFile(root: string, path: string): Buffer | undefined {
  try {
    return readFile(root, path, Number.MAX_SAFE_INTEGER)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DocumentRefused') return undefined
    throw error
  }
}

/**
 * Throws `RepositoryState` unless the index and the work tree are equal to the commit at these paths. An untracked file may
 * be in the way if git has its content, or if it is what would be written.
 * @param checkedFolders existing folders that were already checked for the same write; this call adds its own
 */
export function refuseEdits(
  root: string,
  files: readonly PlannedFile[],
  { index, replaceable }: { readonly index: GitIndex; readonly replaceable: Replaceable },
  checkedFolders: Set<string>
): Snapshots {
  const snapshots = new Map<string, string>()
  for (const file of files) {
    refuseStaged(file, index)
    const isMissing = !refuseFolders(root, file.path, checkedFolders)
    const present = isMissing ? undefined : readFile(root, file.path, Number.MAX_SAFE_INTEGER)
    const length = (file.old ?? file.new ?? '').length
    const found = present === undefined ? undefined : blobId(present, length)
    const isKnown = file.old === undefined && found !== undefined && file.new !== undefined
    const mayReplace = isKnown && (found === file.new || replaceable.get(file.path) === found)
    if (found !== file.old && !mayReplace && !isConverted(file, present)) throw editedByHand(file, found)
    const taken = isMissing ? ABSENT : snapshot(root, file.path)
    if (taken !== ABSENT) snapshots.set(file.path, taken)
  }
  return snapshots
}

/**
 * Whether the file differs from the commit in its line endings only, because git converted it on checkout
 * (`core.autocrlf`). Only for files at the root: those of the vault are never converted, and no edit of them is lost.
 */
function isConverted(file: PlannedFile, present: Uint8Array | undefined): boolean {
  if (present === undefined || file.old === undefined || file.path.includes('/')) return false
  const plain = Buffer.from(Buffer.from(present).toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
  return blobId(plain, file.old.length) === file.old
}

/** The snapshot of a file that does not exist. */
const ABSENT = ''

export function snapshot(root: string, path: string): string {
  const stat = fs.lstatSync(join(root, path), { throwIfNoEntry: false })
  return stat === undefined ? ABSENT : [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ')
}

function refuseStaged(file: PlannedFile, index: GitIndex): void {
  const path = shown(file.path)
  const entries = index.entriesAt(file.path)
  const unstage = { hint: `commit it, or unstage it with: git restore --staged -- '${path}'` }
  const folder = index.fileAbove(file.path)
  if (folder !== undefined) throw state(`${shown(folder)} is staged, but not as a folder`, {})
  if (index.hasEntriesBelow(file.path)) throw state(`files are staged below ${path}`, {})
  if (entries.some(entry => entry.stage > 0)) {
    throw state(`${path} has a merge conflict`, { hint: 'resolve it, then git add and git commit' })
  }
  const entry: IndexEntry | undefined = entries[0]
  if (entry?.isSkipWorktree === true) {
    throw state(`${path} is not in this work tree (sparse checkout or skip-worktree)`, {
      hint: "include it with git sparse-checkout add, or git update-index --no-skip-worktree -- '<path>'"
    })
  }
  if (entry !== undefined && file.old === undefined) {
    throw state(`${path} is staged but not committed`, unstage)
  }
  if (entry === undefined && file.old !== undefined) throw state(`${path} is staged for deletion`, FROM_HEAD)
  if (entry !== undefined && (entry.oid !== file.old || entry.mode !== file.mode)) {
    throw state(`${path} has staged changes`, unstage)
  }
}

/**
 * Throws unless every path above the file is a real folder in the work tree, or does not exist yet. Returns whether all of
 * them exist.
 */
function refuseFolders(root: string, path: string, checkedFolders: Set<string>): boolean {
  let deepest = root
  let isWhole = true
  for (const folder of ancestors(path)) {
    if (!checkedFolders.has(folder)) {
      const found = locate(root, folder)
      if (found === undefined) {
        isWhole = false
        break
      }
      if (!found.stat.isDirectory()) {
        const what = found.stat.isSymbolicLink() ? 'a symbolic link' : 'not a folder'
        throw state(`${shown(folder)} is ${what} in the work tree`, { hint: 'move it to another path' })
      }
      if (fs.existsSync(join(found.path, '.git'))) {
        throw state(`${shown(folder)} is another git repository`, { hint: 'move it to another path' })
      }
      checkedFolders.add(folder)
    }
    deepest = join(root, folder)
  }
  refuseUnwritable(deepest, checkedFolders)
  return isWhole
}

function refuseUnwritable(folder: string, checkedFolders: Set<string>): void {
  // an absolute path, which no other entry is
  if (checkedFolders.has(folder)) return
  try {
    // checked now: a failure after the branch has moved would need a repair
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw new VaultError('RepositoryState', `the folder ${shown(folder)} is not writable`, {
      cause: error
    })
  }
  checkedFolders.add(folder)
}

function editedByHand(file: PlannedFile, found: string | undefined): VaultError {
  const path = shown(file.path)
  const restore = { hint: `undo the edit with: git restore -- '${path}'` }
  if (found === undefined) return state(`${path} has been deleted by hand`, FROM_HEAD)
  if (file.old === undefined)
    return state(`${path} exists but is not in git`, { hint: 'move it to another path' })
  return state(`${path} has been edited by hand`, restore)
}

/** Brings a file back that the index or the work tree lacks. */
const FROM_HEAD = { hint: 'git-vault doctor --fix' }

const state = (message: string, options: { hint?: string }): VaultError =>
  new VaultError('RepositoryState', message, options)
