import { isCommitId } from '../core/commitId.js'
import { existsSync } from 'node:fs'
import type { Blobs } from './git/blobs.js'
import type {
  ChangedFile,
  CommitEntry,
  Committed,
  Decision,
  Digest,
  History,
  LogOptions,
  Memory,
  RangeCommit,
  RemovedFile,
  Repository,
  Spool,
  Tree,
  TreeFile
} from '../core/ports.js'
import { VaultError } from '../core/errors.js'
import { CommitTree } from './git/commitTree.js'
import { discover } from './git/discover.js'
import { errno } from './files/files.js'
import { readBranch } from './git/head.js'
import { openMemory } from './git/memory.js'
import { shown } from './files/paths.js'
import { journalFile, lockFolder, type Place } from './git/place.js'
import { BatchWindow } from './commit/batchWindow.js'
import type { Outcome, Outcomes, PendingWrite } from './commit/pendingWrite.js'
import type { WarmProcesses } from './commit/warmProcesses.js'
import type { PreparedProcesses, WriteOptions } from './commit/prepared.js'
import { maySparse, sparseWorkTree } from './git/sparseWorkTree.js'
import { TrackedFiles } from './git/tracked.js'
import { openTrackedTree } from './trackedTree.js'
import { withMemory } from './withMemory.js'

export interface OpenRepository extends Repository, History {
  readonly place: Place
  readonly tracked: TrackedFiles
}

/** A pending write of this process, with its promise. */
interface QueuedWrite extends PendingWrite {
  readonly resolve: (committed: Committed<unknown>) => void
  readonly reject: (error: unknown) => void
}

/** In commits. All writes of a batch are answered at its end. */
const MAX_BATCH_SIZE = 64
/** Prepared processes are ended after this time if no write has used them. */
const PREPARED_TIMEOUT_MS = 3_000

/**
 * Returns the repository around a folder. First finishes a write that was interrupted, if there is one. Reading starts no
 * process, and loads no module that only writes need. Throws `VaultNotFound` outside a repository.
 */
export async function openRepository(
  directory: string,
  options: Partial<WriteOptions> = {}
): Promise<OpenRepository> {
  const place = discover(directory)
  await completeWrite(place, options)
  return new GitRepository(place, { ...DEFAULTS, ...options })
}

/** Completes a write that was interrupted, if there is one: for a process that has the repository open already. */
export async function completeWrite(place: Place, options: Partial<WriteOptions> = {}): Promise<void> {
  if (existsSync(journalFile(place))) await finishInterrupted(place, { ...DEFAULTS, ...options })
}

const DEFAULTS: WriteOptions = {
  lockTimeout: 30_000,
  onWarning: () => undefined,
  setsDrivers: false,
  onStep: () => undefined
}

class GitRepository implements OpenRepository {
  readonly place: Place
  readonly root: string
  readonly tracked: TrackedFiles
  readonly workTree
  readonly memory
  readonly #write: WriteOptions
  #prepared: Promise<PreparedProcesses> | undefined
  #blobs: Promise<Blobs> | undefined
  #warm: WarmProcesses | undefined
  #commits: Promise<void> | undefined
  #pending: QueuedWrite[] = []
  readonly #batchWindow = new BatchWindow()

  constructor(place: Place, write: WriteOptions) {
    this.place = place
    this.root = place.root
    this.tracked = new TrackedFiles(place)
    const workTree = openTrackedTree(place, this.tracked, write.onWarning)
    this.workTree = maySparse(place) ? sparseWorkTree(place, workTree, write.onWarning) : workTree
    this.memory = openMemory(place)
    this.#write = write
  }

  async digester(): Promise<Digest> {
    return (await import('./files/digest.js')).digest
  }

  remembering(memory: Memory): Repository & History {
    return withMemory(this, memory)
  }

  branch(): Promise<string | undefined> {
    return readBranch(this.place)
  }

  async headTime(): Promise<number | undefined> {
    const { commitTime } = await import('./git/commits.js')
    return commitTime(this.place, 'HEAD')
  }

  async prepareCommit(): Promise<void> {
    this.#prepared ??= this.#prepare()
    await this.#prepared
  }

  async openSpool(): Promise<Spool> {
    return new (await import('./commit/spool.js')).FileSpool(this.place)
  }

  commit<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T>> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ decide, resolve: resolve as QueuedWrite['resolve'], reject })
      this.#batchWindow.added(this.#pending.length)
      this.#commits ??= this.#commitAll()
    })
  }

  async #prepare(): Promise<PreparedProcesses> {
    const [{ PreparedProcesses }, { WarmProcesses }] = await Promise.all([
      import('./commit/prepared.js'),
      import('./commit/warmProcesses.js')
    ])
    const prepared = new PreparedProcesses((this.#warm ??= new WarmProcesses(this.place)))
    setTimeout(() => void this.#endUnused(prepared), PREPARED_TIMEOUT_MS).unref()
    return prepared
  }

  /** Ends prepared processes that no write used: git's housekeeping might delete fast-import's pack. */
  async #endUnused(prepared: PreparedProcesses): Promise<void> {
    if ((await this.#prepared) !== prepared) return
    this.#prepared = undefined
    await prepared.release()
  }

  /** Commits pending writes in batches until there are none. Writes that arrive during a batch are in the next one. */
  async #commitAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const queued = new Set(this.#pending)
      // called as late as possible, because more writes may arrive until then
      const take = (): QueuedWrite[] => {
        const taken = this.#pending.splice(0, MAX_BATCH_SIZE)
        for (const write of taken) queued.add(write)
        return taken
      }
      try {
        const work = (): Promise<Outcomes> => this.#commitBatch(take)
        const outcomes = await (this.#write.remote?.turn(work) ?? work())
        for (const write of queued) this.#answer(write, outcomes.get(write))
        this.#batchWindow.finished(outcomes.size, this.#pending.length)
      } catch (error) {
        for (const write of queued) this.#answer(write, { error })
      }
    }
    // in the same tick as the check that nothing is pending
    this.#commits = undefined
  }

  async #commitBatch(take: () => readonly PendingWrite[]): Promise<Outcomes> {
    const { commit } = await import('./commit/commit.js')
    await this.prepareCommit()
    const prepared = await this.#prepared!
    this.#prepared = undefined
    await this.#batchWindow.wait(this.#pending.length)
    return commit(this.place, this.#write, prepared, take)
  }

  #answer(write: QueuedWrite, outcome: Outcome | undefined): void {
    if (outcome === undefined) {
      if (!this.#pending.includes(write)) this.#pending.push(write)
      return
    }
    this.#pending = this.#pending.filter(other => other !== write)
    if ('error' in outcome) write.reject(outcome.error)
    else write.resolve(outcome.committed)
  }

  async *log(options: LogOptions): AsyncGenerator<CommitEntry> {
    const { readLog } = await import('./git/log.js')
    yield* readLog(this.place, options)
  }

  async *files(revision: string, folders: string | readonly string[]): AsyncGenerator<TreeFile> {
    const { listFiles } = await import('./git/commits.js')
    yield* listFiles(this.place, revision, typeof folders === 'string' ? [folders] : folders)
  }

  async commitId(revision: string): Promise<string> {
    // the process that reads objects is there, or is needed next
    if (isCommitId(revision) && (await (await this.#objects()).hasCommit(revision))) return revision
    const { commitOf } = await import('./git/commits.js')
    return commitOf(this.place, revision)
  }

  async isAncestor(commit: string, descendant: string): Promise<boolean> {
    const { isAncestor } = await import('./git/commits.js')
    return isAncestor(this.place, commit, descendant)
  }

  async shallowCommits(): Promise<ReadonlySet<string>> {
    const { shallowCommits } = await import('./git/commits.js')
    return shallowCommits(this.place)
  }

  treeOf(commit: string): Tree {
    const folder = async (oid: string) => (await this.#objects()).folder(oid)
    return new CommitTree(commit, folder, (oid, limit) => this.blob(oid, limit))
  }

  async *range(from: string | undefined, to: string, paths: readonly string[]): AsyncGenerator<RangeCommit> {
    const { readRange } = await import('./git/range.js')
    yield* readRange(this.place, from, to, paths)
  }

  async *removed(commit: string, since: number, paths: readonly string[]): AsyncGenerator<RemovedFile> {
    const { readRemoved } = await import('./git/removed.js')
    yield* readRemoved(this.place, commit, since, paths)
  }

  async *anywhere(paths: readonly string[]): AsyncGenerator<string> {
    const { readAnywhere } = await import('./git/log.js')
    yield* readAnywhere(this.place, paths)
  }

  async conflictSides(paths: readonly string[]): Promise<readonly Tree[]> {
    const { readSides } = await import('./conflict/sides.js')
    return readSides(this.place, paths, this.workTree, (oid, limit) => this.blob(oid, limit))
  }

  async *difference(
    from: string | undefined,
    to: string,
    paths: readonly string[]
  ): AsyncGenerator<ChangedFile> {
    const { readDifference } = await import('./git/difference.js')
    yield* readDifference(this.place, from, to, paths)
  }

  async otherBranches(ref: string): Promise<string[]> {
    const { otherBranches } = await import('./git/commits.js')
    return otherBranches(this.place, ref)
  }

  async blob(oid: string, limit: number): Promise<Uint8Array | undefined> {
    return (await this.#objects()).read(oid, limit)
  }

  #objects(): Promise<Blobs> {
    return (this.#blobs ??= import('./git/blobs.js').then(({ Blobs }) => new Blobs(this.place)))
  }

  async close(): Promise<void> {
    await this.#commits
    await (await this.#prepared)?.objects.end()
    this.#prepared = undefined
    await this.#warm?.end()
    await (await this.#blobs)?.close()
    this.#blobs = undefined
  }
}

/**
 * A journal without a living writer is from an interrupted write. If it cannot be finished, as on a read-only file system,
 * this warns and returns: what is read is verified anyway.
 */
async function finishInterrupted(place: Place, write: WriteOptions): Promise<void> {
  try {
    const { isLocked, takeLock } = await import('./files/lock.js')
    if (isLocked(lockFolder(place))) return
    const { repair } = await import('./commit/repair.js')
    const lock = await takeLock(lockFolder(place), 1_000)
    try {
      if (existsSync(journalFile(place))) await repair(place, lock, write.onWarning, 300)
    } finally {
      lock.release()
    }
  } catch (error) {
    if (!(error instanceof VaultError) && errno(error) === undefined) throw error
    const reason = shown((error as Error).message)
    write.onWarning(`cannot finish an interrupted write: ${reason}`)
  }
}
