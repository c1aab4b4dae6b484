import * as fs from 'node:fs'
import { join } from 'node:path'
import { readIfExists, removeIfExists, suffix, syncFolder, writeSynced } from '../files/files.js'
import type { Holder } from '../files/holder.js'
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

export function writeJournal(place: Place, journal: Journal): void {
  const temporary = join(writeFolder(place), `journal-${suffix()}`)
  try {
    writeSynced(temporary, JSON.stringify(journal), 0o600)
    fs.renameSync(temporary, journalFile(place))
  } catch (error) {
    removeIfExists(temporary)
    throw error
  }
  syncFolder(writeFolder(place))
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
