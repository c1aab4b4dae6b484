/**
 * The outside world as the vault needs it. `src/system` implements these against the machine;
 * nothing else in the project touches a clock, randomness, a file or a process.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch, a whole number. */
  now(): number
}

export interface Random {
  /** Fresh bytes from the system's cryptographic source. */
  bytes(length: number): Uint8Array
}

/**
 * One state of the repository's files. Paths are relative to the repository's root, separated by `/`.
 */
export interface Tree {
  /**
   * The file's bytes; `undefined` where nothing is. Throws `DocumentRefused`, naming the path, when it
   * is longer than `limit` bytes, is not a regular file, or lies behind a symbolic link.
   */
  read(path: string, limit: number): Promise<Uint8Array | undefined>
}

export interface WorkTree extends Tree {
  /** The folder's entries in no particular order; `[]` where no folder is. Links are listed as neither. */
  list(path: string): Promise<Entry[]>
  /** All that lies below a folder, all of one folder before what is beside it, links and whatever else there is. */
  files(folder: string): AsyncIterable<ListedFile>
}

export interface Entry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
}

/** Small files in git's common directory: what a clone remembers. Never committed, shared by its work trees. */
export interface Memory {
  read(name: string): Promise<Uint8Array | undefined>
  /**
   * Replaces one file whole, by renaming another, under a lock of its own, by what `next` makes of its present bytes;
   * `undefined` leaves it alone. The lock is taken in any case: who may have nothing to change reads first. Throws
   * `FileFailed` where the folder cannot be written.
   */
  update(name: string, next: (present: Uint8Array | undefined) => Uint8Array | undefined): Promise<void>
}

/** What a write wants to have happened. */
export interface Change {
  /** Path to new bytes; `null` removes the file. Never empty. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  /** The whole commit message, UTF-8. */
  readonly message: string
  /** Stands in as author and committer where git has no identity configured. */
  readonly member: string
  /** Commit time in milliseconds since the Unix epoch. */
  readonly time: number
}

export interface Decision<T> {
  /** Left out: nothing is to change, and no commit is made. */
  readonly change?: Change
  readonly value: T
}

export interface Committed<T> {
  readonly value: T
  /** The new commit's object id; left out when nothing changed. */
  readonly commit?: string
}

export interface Repository {
  /** Absolute path of the work tree. */
  readonly root: string
  /** The branch HEAD names, such as `refs/heads/main`, born or not; `undefined` when detached. */
  branch(): Promise<string | undefined>
  readonly workTree: WorkTree
  readonly memory: Memory
  /**
   * Starts what a commit will need, while there is something else to do. A `commit` or a `close` must follow.
   */
  prepareCommit(): Promise<void>
  /** Ends the processes that were started and are not in use. */
  close(): Promise<void>
  /**
   * One write, one commit. `decide` sees the branch's newest commit, not the work tree; it is called
   * again, with the newer state, when the branch moved meanwhile. When this resolves, the commit is
   * durable. Throws `RepositoryState` or `RepositoryBusy`, nothing changed, when git is in no state for it.
   */
  commit<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T>>
}

export interface LogOptions {
  /** Files or folders; none is the whole repository. */
  readonly paths: readonly string[]
  readonly limit?: number
  /** Text that the message holds, taken literally. */
  readonly grep?: string
}

export interface CommitEntry {
  readonly commit: string
  /** Commit time in milliseconds since the Unix epoch. */
  readonly time: number
  readonly author: string
  readonly message: string
  /** What it changed under the path asked for; `undefined`: removed. A merge: what it has from no parent. */
  readonly files: readonly { readonly path: string; readonly blob: string | undefined }[]
}

/** What is at a path. */
export interface ListedFile {
  readonly path: string
  /** As git has it: of a file `100644` or `100755`, of a link `120000`, of a submodule `160000`. */
  readonly mode: string
}

/** What a commit has at a path. */
export interface TreeFile extends ListedFile {
  readonly blob: string
}

/** A commit of a range, with all that it has otherwise than one of its parents. */
export interface RangeCommit extends Omit<CommitEntry, 'files'> {
  readonly parents: readonly string[]
  readonly files: readonly RangeFile[]
}

/** A path, as a commit has it. */
export interface RangeFile {
  readonly path: string
  /** Undefined where it has nothing there. */
  readonly mode: string | undefined
  /** Whether none of its parents has it like that. */
  readonly isOwn: boolean
}

export interface History {
  /** The id of the commit that a revision names. Throws `GitFailed` where it names none. */
  commitId(revision: string): Promise<string>
  /** The files of a commit, which is given by its id. */
  treeOf(commit: string): Tree
  /**
   * The commits that `to` has and `from` has not, parents first, merges among them. Of their files those at `paths` and
   * below.
   */
  range(from: string, to: string, paths: readonly string[]): AsyncIterable<RangeCommit>
  /** All that a revision has below a folder, as it is found. Throws `GitFailed` where there is no such revision. */
  files(revision: string, folder: string): AsyncIterable<TreeFile>
  /** The names of all branches but one, given as a ref; remote ones among them, but not those that have its name there. */
  otherBranches(ref: string): Promise<string[]>
  /** The branch's commits that touch a path, newest first, as they are found: stop early, pay little. */
  log(options: LogOptions): AsyncIterable<CommitEntry>
  /** An old file's bytes; `undefined` when it is not in this clone, or longer than `limit`. */
  blob(id: string, limit: number): Promise<Uint8Array | undefined>
}
