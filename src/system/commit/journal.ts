import * as fs from 'node:fs'
import { join } from 'node:path'
import { readIfExists, removeIfExists, suffix, syncFolder, writeSynced } from '../files/files.js'
import type { Holder } from '../files/holder.js'
import type { PlannedFile } from '../index/plannedFile.js'
import type { Replaceable } from './plan.js'
import { journalFile, writeFolder, type Place } from '../git/place.js'

export interface JournalFile {
  readonly path: string
  readonly mode: string
  /** Blob ids; null if there is no file. */
  readonly old: string | null
  readonly new: string | null
  /** The blob id of an untracked file that the write replaces. */
  readonly replaced?: string
}

/** The intent of a write, synced before the branch moves, so that another process can finish it after a crash. */
export interface Journal {
  readonly format: 1
  readonly ref: string
  readonly old: string | null
  readonly new: string
  /** The git process that moves the branch. It may outlive its parent. */
  readonly mover: Holder
  readonly time: number
  /**
   * Whether `git merge` moves the branch forward. It changes index and work tree before the branch, so if the branch has not
   * moved, they are put back.
   */
  readonly isForward?: boolean
  /** Whether the index, but not the work tree, changes before the branch. If the branch has not moved, it is put back. */
  readonly isIndexFirst?: boolean
  readonly files: readonly JournalFile[]
}

/** @param journal its files may be many, and are written one after the other */
export function writeJournal(
  place: Place,
  journal: Omit<Journal, 'files'> & { readonly files: Iterable<JournalFile> }
): void {
  const temporary = join(writeFolder(place), `journal-${suffix()}`)
  try {
    writeSynced(temporary, jsonOf(journal), 0o600)
    fs.renameSync(temporary, journalFile(place))
  } catch (error) {
    removeIfExists(temporary)
    throw error
  }
  syncFolder(writeFolder(place))
}

/** Returns the files of a write as a journal has them. */
export function* journalFiles(
  files: readonly PlannedFile[],
  replaceable: Replaceable
): Generator<JournalFile> {
  for (const { path, mode, old, new: after } of files) {
    const file = { path, mode, old: old ?? null, new: after ?? null }
    const replaced = replaceable.get(path)
    yield replaced === undefined ? file : { ...file, replaced }
  }
}

function* jsonOf({ files, ...rest }: Parameters<typeof writeJournal>[1]): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"files":[`, 'utf8')
  let comma = ''
  for (const file of files) {
    yield Buffer.from(`${comma}${JSON.stringify(file)}`, 'utf8')
    comma = ','
  }
  yield Buffer.from(']}', 'utf8')
}

export const hasJournal = (place: Place): boolean => fs.existsSync(journalFile(place))

/** Returns undefined if there is no journal, or if it is not valid. */
export function readJournal(place: Place): Journal | undefined {
  const text = readIfExists(journalFile(place))?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const journal = JSON.parse(text) as Journal
    return journal.format === 1 ? journal : undefined
  } catch {
    // not ours: a journal is renamed to this name only when complete and synced
    return undefined
  }
}

export const removeJournal = (place: Place): void => removeIfExists(journalFile(place))
