export interface IndexEntry {
  readonly mode: string
  readonly oid: string
  /** Above 0 for one side of a conflict. */
  readonly stage: number
  /** git's skip-worktree bit: the user excluded the file from the work tree. */
  readonly isSkipWorktree: boolean
}

/** A change of the index. */
export interface NewEntry {
  readonly path: string
  readonly mode: string
  /** The blob; undefined removes the entry. */
  readonly new: string | undefined
}

/** The entries of git's index. */
export interface GitIndex {
  entriesAt(path: string): readonly IndexEntry[]
  /** Returns the folder above the path that is staged as a file; `undefined` if there is none. */
  fileAbove(path: string): string | undefined
  /** Whether there is an entry for a file below the path, which is then a folder. */
  hasEntriesBelow(path: string): boolean
  /**
   * Returns the index file's bytes, in pieces, with these entries; undefined if git has to write it. The new entries have no file
   * times, so that git checks these files at the next `git status`.
   */
  withEntries(entries: readonly NewEntry[]): Iterable<Uint8Array> | undefined
}
