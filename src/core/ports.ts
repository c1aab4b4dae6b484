/**
 * The outside world as the vault needs it. `src/system` implements these interfaces. `core`, `vault` and
 * `operations` reach a clock, randomness, files and git only through them.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch, a whole number. */
  now(): number
  /** Milliseconds for which the machine has been running, sleep included, however its clock was set meanwhile. */
  uptime?(): number
}

export interface Random {
  /** New bytes from the system's cryptographic source. */
  bytes(length: number): Uint8Array
}

/** One state of the repository's files. Paths are relative to the repository's root, separated by `/`. */
export interface Tree {
  /**
   * The file's bytes; `undefined` if nothing is at the path. Throws `DocumentRefused`, naming the path, if
   * the file is longer than `limit` bytes, is not a regular file, or is behind a symbolic link.
   */
  read(path: string, limit: number): Promise<Uint8Array | undefined>
}

/** A place outside of this process's memory for the bytes of a large write. */
export interface Spool {
  /** Returns the position of the bytes. */
  put(bytes: Uint8Array): number
  /** Reads bytes again. */
  read(at: number, length: number): Uint8Array
  /** Removes all bytes. */
  close(): void
}

export interface WorkTree extends Tree {
  /** The folder's entries in any order; `[]` if there is no such folder. Links have the kind `other`. */
  list(path: string): Promise<Entry[]>
  /** Every file below a folder, links and special files included, depth first. */
  files(folder: string): AsyncIterable<ListedFile>
  /** As `read`, also for a file that git does not track. */
  readAny(path: string, limit: number): Promise<Uint8Array | undefined>
  /**
   * Identifies the state that git gave the files last: differs after each git command that changed one. Returns `undefined` if
   * such a change might go unnoticed. If the function is absent, there is no such state.
   */
  readonly state?: () => string | undefined
  /** Returns a function that tells which of the files below a folder git does not track. */
  untracked(folder: string): Promise<(path: string) => boolean>
}

export interface Entry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
}

/** What a clone remembers: small files in git's common directory, never committed, shared by its work trees. */
export interface Memory {
  read(name: string): Promise<Uint8Array | undefined>
  /**
   * Replaces a file's bytes by what `next` returns for the present ones, atomically (by a rename) and under
   * the file's own lock. `undefined` changes nothing, but the lock is taken all the same: read first if there
   * may be nothing to change. Throws `FileFailed` if the folder cannot be written.
   */
  update(name: string, next: (present: Uint8Array | undefined) => Uint8Array | undefined): Promise<void>
}

/** The commit that a write asks for. */
export interface Change {
  /** Path to new bytes; `null` removes the file. Never empty. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  /** Whether a file's bytes are outside of memory: then `files` reads them each time. */
  readonly isSpooled?: ((path: string) => boolean) | undefined
  /** The whole commit message, UTF-8. */
  readonly message: string
  /** Author and committer if git has no identity configured. */
  readonly member: string
  /** Commit time in milliseconds since the Unix epoch. */
  readonly time: number
}

export interface Decision<T> {
  /** If absent, nothing changes and no commit is made. */
  readonly change?: Change
  readonly value: T
}

export interface Committed<T> {
  readonly value: T
  /** The new commit's object id; absent if nothing changed. */
  readonly commit?: string
}

/** SHA-256 of the parts and their lengths, in base64url. */
export type Digest = (parts: readonly (Uint8Array | undefined)[]) => string

export interface Repository {
  /** Absolute path of the work tree. */
  readonly root: string
  /** The branch that HEAD names, such as `refs/heads/main`, even without commits; `undefined` if detached. */
  branch(): Promise<string | undefined>
  /** The date of HEAD's commit, in milliseconds since the Unix epoch; `undefined` without a commit. Starts git. */
  headTime(): Promise<number | undefined>
  readonly workTree: WorkTree
  readonly memory: Memory
  /** This repository with another memory, such as one that is pinned to another access log. */
  remembering(memory: Memory): Repository & History
  /** Loads the function that digests bytes. If it is absent, nothing is kept of what was verified. */
  readonly digester?: (() => Promise<Digest>) | undefined
  /** Starts the processes that a commit needs, ahead of time. A `commit` or a `close` must follow. */
  prepareCommit(): Promise<void>
  /** Opens a place for the bytes of a large write. It takes nothing as long as it is empty. Without it, they stay in memory. */
  openSpool?: (() => Promise<Spool>) | undefined
  /** Ends the started processes that are not in use. */
  close(): Promise<void>
  /**
   * One write, one commit. `decide` reads the branch's newest commit, not the work tree. It is called again,
   * with the newer state, if the branch moved meanwhile. When this resolves, the commit is durable. Throws
   * `RepositoryState` or `RepositoryBusy`, with nothing changed, if git cannot take a commit now.
   */
  commit<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T>>
  /** The two sides of a conflict that git has left in one of the files, ours first. Empty without a conflict. */
  conflictSides(paths: readonly string[]): Promise<readonly Tree[]>
}

export interface LogOptions {
  /** Files or folders; if empty, the whole repository. */
  readonly paths: readonly string[]
  readonly limit?: number
  /** Literal text that the message must contain. */
  readonly grep?: string
}

export interface CommitEntry {
  readonly commit: string
  /** Commit time in milliseconds since the Unix epoch. */
  readonly time: number
  readonly author: string
  readonly message: string
  /** Changed files below the requested paths. Of a merge, files that differ from every parent. */
  readonly files: readonly ChangedFile[]
}

export interface ChangedFile {
  readonly path: string
  /** `undefined` if the file is removed. */
  readonly blob: string | undefined
  /** Each parent's blob at the path; `undefined` if it has none. Of a first commit: one `undefined`. */
  readonly before: readonly (string | undefined)[]
}

/** A file, link or submodule. */
export interface ListedFile {
  readonly path: string
  /** git's mode: `100644` or `100755` for a file, `120000` for a link, `160000` for a submodule. */
  readonly mode: string
}

/** A file in a commit. */
export interface TreeFile extends ListedFile {
  readonly blob: string
}

/** A commit of a range, with every file in which it differs from one of its parents. */
export interface RangeCommit extends Omit<CommitEntry, 'files'> {
  readonly parents: readonly string[]
  readonly files: readonly RangeFile[]
}

/** A path in a commit. */
export interface RangeFile {
  readonly path: string
  /** `undefined` if the commit has nothing at the path. */
  readonly mode: string | undefined
  /** Whether it differs from every parent. */
  readonly isOwn: boolean
}

/** A file that a commit removed. */
export interface RemovedFile {
  readonly path: string
  /** The commit that removed it. */
  readonly by: string
  /** That commit's parent, which has it. */
  readonly parent: string
}

export interface History {
  /** The id of the commit that a revision names. Throws `GitFailed` if it names none. */
  commitId(revision: string): Promise<string>
  /** Whether a commit is `descendant` or in its history. False if the clone lacks either, as a shallow one may. */
  isAncestor(commit: string, descendant: string): Promise<boolean>
  /** The commits whose parents a shallow clone lacks. Empty in a complete clone. */
  shallowCommits(): Promise<ReadonlySet<string>>
  /** The files of a commit, given its id. Reading throws `GitFailed` if a folder has a name twice. */
  treeOf(commit: string): Tree
  /**
   * The commits that are in the history of `to` and not of `from`, parents first, merges included; without `from`, all
   * of the history. Lists only files at or below `paths`.
   */
  range(from: string | undefined, to: string, paths: readonly string[]): AsyncIterable<RangeCommit>
  /**
   * Streams the files at or below `paths` that commits of the history of `commit`, apart from merges, have removed since a
   * time, newest first. `since` is in milliseconds since the Unix epoch: older commits cost nothing.
   */
  removed(commit: string, since: number, paths: readonly string[]): AsyncIterable<RemovedFile>
  /** Streams a revision's files below one folder or several. Throws `GitFailed` if there is no such revision, or a path is listed twice. */
  files(revision: string, folders: string | readonly string[]): AsyncIterable<TreeFile>
  /**
   * The files at or below `paths` that differ between two commits, given their ids, in the order of their paths. Without
   * `from`, all files of `to`. The cost grows with the difference and not with the trees.
   */
  difference(from: string | undefined, to: string, paths: readonly string[]): AsyncIterable<ChangedFile>
  /** Names of all branches except `ref`, remote ones included, but not the remote branches of the same name. */
  otherBranches(ref: string): Promise<string[]>
  /**
   * Streams the ids of the commits that touch a path, newest first: of every branch and tag, and of what the reflogs still
   * know. Stopping early saves work.
   */
  anywhere(paths: readonly string[]): AsyncIterable<string>
  /**
   * Streams the branch's commits that touch a path, newest first, those on both sides of every merge included. Stopping
   * early saves work.
   */
  log(options: LogOptions): AsyncIterable<CommitEntry>
  /** A blob's bytes; `undefined` if it is not in this clone, or longer than `limit`. */
  blob(id: string, limit: number): Promise<Uint8Array | undefined>
}
