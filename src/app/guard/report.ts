/** A reason not to make the commit. */
export interface Stop {
  /** Relative to the repository's root. May contain any characters. */
  readonly path: string
  readonly reason: string
  /** What to do, such as a command. */
  readonly hint: string
}

/** Something that was not checked, which does not stop the commit. */
export interface Unchecked {
  readonly text: string
  readonly hint?: string
}

export interface GuardReport {
  readonly stops: readonly Stop[]
  readonly unchecked: readonly Unchecked[]
}

/** The command that takes a path out of the commit and leaves the work tree as it is. */
export const unstage = (path: string, hasHead: boolean): string =>
  hasHead ? `git restore --staged -- ${quoted(path)}` : `git rm --cached -- ${quoted(path)}`

/** The command that brings a file back as HEAD has it. */
export const bringBack = (path: string): string => `git restore --staged --worktree -- ${quoted(path)}`

/** A word for a POSIX shell. */
export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`
