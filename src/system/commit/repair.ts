import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { FastImport, blobId } from './fastImport.js'
import { removeTraces } from './fastImportTraces.js'
import { removeIfThere } from '../files/files.js'
import { finishWrite } from './finish.js'
import { readIndex, type GitIndex } from '../index/gitIndex.js'
import { readHead } from '../git/head.js'
import { HeadTree } from './headTree.js'
import { standing } from '../files/holder.js'
import { removeOurIndexLock, takeIndexLock } from '../index/indexLock.js'
import { IndexUpdate } from '../index/indexUpdate.js'
import { hasJournal, readJournal, removeJournal, type Journal, type JournalFile } from './journal.js'
import type { VaultLock } from '../files/lock.js'
import { shown } from '../files/paths.js'
import { writeFolder, type Place } from '../git/place.js'
import { snapshot } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { removeRefLocks } from './refUpdate.js'
import { StagedFiles } from './stagedFiles.js'
import { readFile } from '../files/workTree.js'

/** How long a git process that lost its parent may take to end: its input has ended already. */
const ORPHAN_PATIENCE = 10_000

/**
 * Finishes or undoes what a process that died has left. Only the holder of the vault's lock may call it,
 * and it may die itself at any point: the next one starts again.
 */
export async function repair(
  place: Place,
  lock: VaultLock,
  warn: (line: string) => void,
  /** Milliseconds to wait for the index. */
  patience?: number
): Promise<void> {
  const journal = readJournal(place)
  if (journal !== undefined) await followBranch(place, journal, warn, patience)
  removeOurIndexLock(place)
  if (hasJournal(place)) removeJournal(place)
  sweepTemporary(place)
  if (lock.stale) removeTraces(place, lock.staleSince)
  lock.settle()
}

async function followBranch(
  place: Place,
  journal: Journal,
  warn: (line: string) => void,
  patience?: number
): Promise<void> {
  await waitForMover(journal)
  await removeRefLocks(place, journal.ref, journal.new, journal.time)
  const head = await readHead(place)
  // The write never happened, or the user is elsewhere by now.
  if (head.branch !== journal.ref || head.oid === undefined || head.oid === journal.old) return
  await takeIndexLock(place, patience)
  const objects = new FastImport(place)
  try {
    const paths = journal.files.map(file => file.path)
    const index = await readIndex(place, paths, journal.new.length)
    const files = await unfinished(place, journal, { head: new HeadTree(objects, head.oid), index }, warn)
    if (files.length > 0) await redo(place, files, { objects, index })
  } finally {
    await objects.end()
  }
}

async function waitForMover(journal: Journal): Promise<void> {
  const since = Date.now()
  while (standing(journal.mover, journal.time) === 'alive') {
    if (Date.now() - since > ORPHAN_PATIENCE) {
      throw new VaultError(
        'RepositoryBusy',
        `git update-ref (${journal.mover.pid}) of a dead write still runs`
      )
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The files for which the write still stands in HEAD and nobody has done anything else since. */
async function unfinished(
  place: Place,
  journal: Journal,
  { head, index }: { readonly head: HeadTree; readonly index: GitIndex },
  warn: (line: string) => void
): Promise<JournalFile[]> {
  const found: JournalFile[] = []
  for (const file of journal.files) {
    const committed = await head.replaced(file.path).catch(() => undefined)
    if ((committed?.oid ?? null) !== file.new) continue
    const entries = index.at(file.path)
    const expected = (oid: string | undefined): boolean =>
      oid === undefined || oid === file.old || oid === file.new
    const isOurs =
      entries.every(entry => entry.stage === 0 && expected(entry.oid)) &&
      expected(worktreeBlob(place, file.path, journal.new.length))
    if (isOurs) found.push(file)
    else warn(`${shown(file.path)} was changed after an interrupted write; it is left as it is`)
  }
  return found
}

/** `''`, which is no blob of ours, where something other than a file stands. */
function worktreeBlob(place: Place, path: string, length: number): string | undefined {
  try {
    const bytes = readFile(place.root, path, Number.MAX_SAFE_INTEGER)
    return bytes === undefined ? undefined : blobId(bytes, length)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DocumentRefused') return ''
    throw error
  }
}

async function redo(
  place: Place,
  unfinishedFiles: readonly JournalFile[],
  { objects, index }: { readonly objects: FastImport; readonly index: GitIndex }
): Promise<void> {
  const files: PlannedFile[] = []
  for (const file of unfinishedFiles) {
    const bytes = file.new === null ? undefined : await objects.blob(file.new, Number.MAX_SAFE_INTEGER)
    const { path, mode } = file
    files.push({ path, mode, bytes, old: file.old ?? undefined, new: file.new ?? undefined })
  }
  const staged = new StagedFiles(place)
  const update = new IndexUpdate(place, index, files, {})
  try {
    await Promise.all([staged.write(files), update.ready()])
    finishWrite(place, files, {
      staged,
      update,
      snapshots: new Map(files.map(file => [file.path, snapshot(place.root, file.path)])),
      onStep: () => undefined
    })
  } finally {
    staged.discard()
    await update.discard()
  }
}

function sweepTemporary(place: Place): void {
  const folder = writeFolder(place)
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    if (/^(?:index|file|journal|probe)-[0-9a-f]{12}(?:\.lock)?$/.test(name)) removeIfThere(join(folder, name))
  }
}
