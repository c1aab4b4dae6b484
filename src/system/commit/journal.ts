import * as fs from 'node:fs'
import { join } from 'node:path'
import { readIfThere, removeIfThere, suffix, syncFolder, writeSynced } from '../files/files.js'
import type { Holder } from '../files/holder.js'
import { journalFile, writeFolder, type Place } from '../git/place.js'

export interface JournalFile {
  readonly path: string
  readonly mode: string
  /** Blob ids; null where there is no file. */
  readonly old: string | null
  readonly new: string | null
}

/** What a write is about to do, on the disk before it does it, so that another process can finish it. */
export interface Journal {
  readonly format: 1
  readonly ref: string
  readonly old: string | null
  readonly new: string
  /** The git process that moves the branch: it may outlive the one that started it. */
  readonly mover: Holder
  readonly time: number
  readonly files: readonly JournalFile[]
}

export function writeJournal(place: Place, journal: Journal): void {
  const temporary = join(writeFolder(place), `journal-${suffix()}`)
  try {
    writeSynced(temporary, JSON.stringify(journal), 0o600)
    fs.renameSync(temporary, journalFile(place))
  } catch (error) {
    removeIfThere(temporary)
    throw error
  }
  syncFolder(writeFolder(place))
}

export const hasJournal = (place: Place): boolean => fs.existsSync(journalFile(place))

export function readJournal(place: Place): Journal | undefined {
  const text = readIfThere(journalFile(place))?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const journal = JSON.parse(text) as Journal
    return journal.format === 1 ? journal : undefined
  } catch {
    // Not one of ours: it got its name only after it was whole and on the disk.
    return undefined
  }
}

export const removeJournal = (place: Place): void => removeIfThere(journalFile(place))
