import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { FastImport, blobId } from './fastImport.js'
import { removeLeftovers } from './fastImportTraces.js'
import { removeIfExists } from '../files/files.js'
import { finishWrite, syncFinished } from './finish.js'
import { readIndex, type GitIndex } from '../index/gitIndex.js'
import { readHead } from '../git/head.js'
import { HeadTree } from './headTree.js'
import { holderState } from '../files/holder.js'
import { removeOurIndexLock, takeIndexLock } from '../index/indexLock.js'
import { IndexUpdate } from '../index/indexUpdate.js'
import { hasJournal, readJournal, removeJournal, type Journal, type JournalFile } from './journal.js'
import { takeLock, type VaultLock } from '../files/lock.js'
import { shown } from '../files/paths.js'
import { lockFolder, writeFolder, type Place } from '../git/place.js'
import { snapshot } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { removeRefLocks } from './refUpdate.js'
import { StagedFiles } from './stagedFiles.js'
import { readFile } from '../files/workTree.js'

/** How long a git process without its parent may take to end. Its input has already ended. */
const ORPHAN_TIMEOUT_MS = 10_000
const LOCK_TIMEOUT_MS = 10_000
/** Files of ours that are left only if their process died. */
export const TEMPORARY_FILE = /^(?:index|file|journal|probe)-[0-9a-f]{12}(?:\.lock)?$/

/**
 * Finishes or undoes the write of a process that died. To be called only by the holder of the vault's lock. A crash during
 * the repair does no harm: the next call starts again.
 * @param indexTimeout milliseconds to wait for git's index lock
 */
export async function repair(
  place: Place,
  lock: VaultLock,
  warn: (line: string) => void,
  indexTimeout?: number
): Promise<void> {
  const journal = readJournal(place)
  if (journal !== undefined) await finishJournal(place, journal, warn, indexTimeout)
  removeOurIndexLock(place)
  if (hasJournal(place)) removeJournal(place)
  removeTemporaryFiles(place)
  if (lock.stale) removeLeftovers(place, lock.staleSince)
  lock.removeStale()
}

async function finishJournal(
  place: Place,
  journal: Journal,
  warn: (line: string) => void,
  indexTimeout?: number
): Promise<void> {
  await waitForMover(journal)
  await removeRefLocks(place, journal.ref, journal.new, journal.time)
  const head = await readHead(place)
  if (journal.isIndexFirst === true && (head.branch !== journal.ref || head.oid !== journal.new))
    await unstage(place, head.oid, journal, indexTimeout)
  // the user has switched to another branch
  if (head.branch !== journal.ref) return
  if (head.oid === undefined) return
  const isUnmoved = head.oid === journal.old
  if (isUnmoved && journal.isForward !== true) return
  await takeIndexLock(place, indexTimeout)
  await bringUpToHead(place, head.oid, isUnmoved ? reversed(journal) : journal, warn)
}

/** The part of a journal that says what the files should become. */
type Intent = Pick<Journal, 'files' | 'new' | 'isForward'>

/** Updates those files that nobody has changed. The caller holds the vault's lock and git's on the index. */
async function bringUpToHead(
  place: Place,
  head: string,
  journal: Intent,
  warn: (line: string) => void
): Promise<void> {
  const objects = new FastImport(place)
  try {
    const index = await readIndex(place, journal.new.length)
    const tree = new HeadTree(objects, head)
    const files = await unfinishedFiles(place, journal, { head: tree, index }, warn)
    if (files.length > 0) await finishFiles(place, files, { objects, index })
  } finally {
    await objects.end()
  }
}

/** Takes what the write had staged, and what did not get into HEAD, out of the index again. */
async function unstage(
  place: Place,
  head: string | undefined,
  { files, new: commit }: Journal,
  indexTimeout?: number
): Promise<void> {
  const lock = await takeIndexLock(place, indexTimeout)
  const objects = new FastImport(place)
  try {
    const index = await readIndex(place, commit.length)
    const tree = new HeadTree(objects, head)
    const staged: PlannedFile[] = []
    for (const file of files) {
      const committed = await tree.replacedFile(file.path).catch(() => undefined)
      const [entry, ...more] = index.entriesAt(file.path)
      if (more.length > 0 || (entry?.stage ?? 0) !== 0) continue
      if ((committed?.oid ?? null) !== file.old || (entry?.oid ?? null) !== file.new) continue
      const mode = committed?.mode ?? file.mode
      staged.push({
        path: file.path,
        mode,
        bytes: undefined,
        old: file.new ?? undefined,
        new: file.old ?? undefined
      })
    }
    if (staged.length > 0) await installIndex(place, index, staged)
  } finally {
    await objects.end()
    lock.release()
  }
}

async function installIndex(place: Place, index: GitIndex, files: readonly PlannedFile[]): Promise<void> {
  const update = new IndexUpdate(place, index, files, {})
  try {
    await update.ready()
    update.install()
  } finally {
    await update.discard()
  }
}

const reversed = (journal: Journal): Journal => ({
  ...journal,
  files: journal.files.map(file => ({ ...file, old: file.new, new: file.old }))
})

/** Finishes or undoes the write of a process that died, if there is one. Throws `RepositoryBusy` if one is writing. */
export async function repairNow(place: Place, warn: (line: string) => void): Promise<void> {
  const lock = await takeLock(lockFolder(place), LOCK_TIMEOUT_MS)
  try {
    await repair(place, lock, warn)
  } finally {
    lock.release()
  }
}

/**
 * Gives files in the index and the work tree the state that HEAD has. A file is left, with a warning, if it is in another
 * state than those that `files` name: the user has edited it.
 */
export async function restoreFiles(
  place: Place,
  files: readonly JournalFile[],
  warn: (line: string) => void
): Promise<void> {
  const lock = await takeLock(lockFolder(place), LOCK_TIMEOUT_MS)
  try {
    await repair(place, lock, warn)
    const { oid } = await readHead(place)
    if (oid === undefined) return
    const indexLock = await takeIndexLock(place)
    try {
      await bringUpToHead(place, oid, { files, new: oid }, warn)
    } finally {
      indexLock.release()
    }
  } finally {
    lock.release()
  }
}

async function waitForMover(journal: Journal): Promise<void> {
  const since = performance.now()
  while (holderState(journal.mover, journal.time) === 'alive') {
    if (performance.now() - since > ORPHAN_TIMEOUT_MS) {
      throw new VaultError(
        'RepositoryBusy',
        `git update-ref of an interrupted write (process ${journal.mover.pid}) is still running`
      )
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Returns the files that are in HEAD as the write made them and that have not been changed since. */
async function unfinishedFiles(
  place: Place,
  journal: Intent,
  { head, index }: { readonly head: HeadTree; readonly index: GitIndex },
  warn: (line: string) => void
): Promise<JournalFile[]> {
  const found: JournalFile[] = []
  for (const file of journal.files) {
    const committed = await head.replacedFile(file.path).catch(() => undefined)
    if ((committed?.oid ?? null) !== file.new) continue
    const entries = index.entriesAt(file.path)
    // outside this sparse checkout: there is no file to write
    if (entries.some(entry => entry.isSkipWorktree)) continue
    const isExpected = (oid: string | undefined): boolean =>
      oid === undefined || oid === file.old || oid === file.new || oid === file.replaced
    const present = workTreeBlob(place, file.path, journal.new.length)
    // git does not sync the files that it writes, so a power cut may have emptied one
    const isEmptied = journal.isForward === true && present === blobId(new Uint8Array(), journal.new.length)
    const isOurs =
      entries.every(entry => entry.stage === 0 && isExpected(entry.oid)) && (isExpected(present) || isEmptied)
    if (isOurs) found.push(file)
    else warn(`${shown(file.path)} was changed after an interrupted write, so it is not updated`)
  }
  return found
}

/** Returns the blob id of a file, undefined if it does not exist, `''` if it is not a regular file. */
export function workTreeBlob(place: Place, path: string, length: number): string | undefined {
  try {
    const bytes = readFile(place.root, path, Number.MAX_SAFE_INTEGER)
    return bytes === undefined ? undefined : blobId(bytes, length)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DocumentRefused') return ''
    throw error
  }
}

async function finishFiles(
  place: Place,
  unfinished: readonly JournalFile[],
  { objects, index }: { readonly objects: FastImport; readonly index: GitIndex }
): Promise<void> {
  const files: PlannedFile[] = []
  for (const file of unfinished) {
    const bytes = file.new === null ? undefined : await objects.blob(file.new, Number.MAX_SAFE_INTEGER)
    const { path, mode } = file
    files.push({ path, mode, bytes, old: file.old ?? undefined, new: file.new ?? undefined })
  }
  const staged = new StagedFiles(place)
  try {
    await staged.write(files)
    await installIndex(place, index, files)
    finishWrite(place, files, {
      staged,
      snapshots: new Map(files.map(file => [file.path, snapshot(place.root, file.path)])),
      onStep: () => undefined
    })
    await syncFinished(place, staged)
  } finally {
    staged.discard()
  }
}

function removeTemporaryFiles(place: Place): void {
  const folder = writeFolder(place)
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    if (TEMPORARY_FILE.test(name)) removeIfExists(join(folder, name))
  }
}
