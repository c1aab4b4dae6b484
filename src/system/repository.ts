import { existsSync } from 'node:fs'
import type { Blobs } from './git/blobs.js'
import type {
  CommitEntry,
  Committed,
  Decision,
  History,
  LogOptions,
  RangeCommit,
  Repository,
  Tree,
  TreeFile
} from '../core/ports.js'
import { VaultError } from '../core/errors.js'
import { CommitTree } from './commit/commitTree.js'
import { discover } from './git/discover.js'
import { errno } from './files/files.js'
import { readBranch } from './git/head.js'
import { openMemory } from './git/memory.js'
import { shown } from './files/paths.js'
import { journalFile, lockFolder, type Place } from './git/place.js'
import { BatchWindow } from './commit/batchWindow.js'
import type { Outcome, PendingWrite } from './commit/pendingWrite.js'
import type { WarmProcesses } from './commit/warmProcesses.js'
import type { Prepared, WriteOptions } from './commit/prepared.js'
import { openWorkTree } from './files/workTree.js'

export interface OpenRepository extends Repository, History {
  readonly place: Place
}

/** One who waits to write, in this process. */
interface QueuedWrite extends PendingWrite {
  readonly resolve: (committed: Committed<unknown>) => void
  readonly reject: (error: unknown) => void
}

/** How many commits are made in one go, at most: the first of them is answered no sooner than the last. */
const AT_ONCE = 64
/** Milliseconds after which what was prepared for a write that did not come is ended. */
const UNUSED_FOR = 3_000

/**
 * The repository around a folder. What only writes need is loaded by the first write: reading starts no
 * process and costs one look for an unfinished write.
 */
export async function openRepository(
  directory: string,
  options: Partial<WriteOptions> = {}
): Promise<OpenRepository> {
  const place = discover(directory)
  const write: WriteOptions = {
    lockTimeout: 30_000,
    onWarning: () => undefined,
    onStep: () => undefined,
    ...options
  }
  if (existsSync(journalFile(place))) await finishInterrupted(place, write)
  return new FoundRepository(place, write)
}

class FoundRepository implements OpenRepository {
  readonly place: Place
  readonly root: string
  readonly workTree
  readonly memory
  readonly #write: WriteOptions
  #prepared: Promise<Prepared> | undefined
  #blobs: Promise<Blobs> | undefined
  #warm: WarmProcesses | undefined
  #commits: Promise<void> | undefined
  #pending: QueuedWrite[] = []
  readonly #batchWindow = new BatchWindow()

  constructor(place: Place, write: WriteOptions) {
    this.place = place
    this.root = place.root
    this.workTree = openWorkTree(place.root)
    this.memory = openMemory(place)
    this.#write = write
  }

  branch(): Promise<string | undefined> {
    return readBranch(this.place)
  }

  async prepareCommit(): Promise<void> {
    this.#prepared ??= this.#prepare()
    await this.#prepared
  }

  commit<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T>> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ decide, resolve: resolve as QueuedWrite['resolve'], reject })
      this.#batchWindow.arrived(this.#pending.length)
      this.#commits ??= this.#commitAll()
    })
  }

  async #prepare(): Promise<Prepared> {
    const [{ Prepared }, { WarmProcesses }] = await Promise.all([
      import('./commit/prepared.js'),
      import('./commit/warmProcesses.js')
    ])
    const prepared = new Prepared((this.#warm ??= new WarmProcesses(this.place)))
    setTimeout(() => void this.#endUnused(prepared), UNUSED_FOR).unref()
    return prepared
  }

  /** An operation that was refused needs it no more, and git's housekeeping may take away the pack that it began. */
  async #endUnused(prepared: Prepared): Promise<void> {
    if ((await this.#prepared) !== prepared) return
    this.#prepared = undefined
    await prepared.release()
  }

  /** Who comes while others' commits are being made waits here, and is then answered together with all who have arrived. */
  async #commitAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const queued = new Set(this.#pending)
      // as late as can be: until then more may come
      const take = (): QueuedWrite[] => {
        const taken = this.#pending.splice(0, AT_ONCE)
        for (const write of taken) queued.add(write)
        return taken
      }
      try {
        const { commit } = await import('./commit/commit.js')
        await this.prepareCommit()
        const prepared = await this.#prepared!
        this.#prepared = undefined
        await this.#batchWindow.wait(this.#pending.length)
        const outcomes = await commit(this.place, this.#write, prepared, take)
        for (const write of queued) this.#settle(write, outcomes.get(write))
        this.#batchWindow.answered(outcomes.size, this.#pending.length)
      } catch (error) {
        for (const write of queued) this.#settle(write, { error })
      }
    }
    // in the same instant as it finds that nobody waits
    this.#commits = undefined
  }

  #settle(write: QueuedWrite, outcome: Outcome | undefined): void {
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

  async *files(revision: string, folder: string): AsyncGenerator<TreeFile> {
    const { listFiles } = await import('./git/commits.js')
    yield* listFiles(this.place, revision, folder)
  }

  async commitId(revision: string): Promise<string> {
    const { commitOf } = await import('./git/commits.js')
    return commitOf(this.place, revision)
  }

  treeOf(commit: string): Tree {
    const folder = async (oid: string) => (await this.#objects()).folder(oid)
    return new CommitTree(commit, folder, (oid, limit) => this.blob(oid, limit))
  }

  async *range(from: string, to: string, paths: readonly string[]): AsyncGenerator<RangeCommit> {
    const { readRange } = await import('./git/range.js')
    yield* readRange(this.place, from, to, paths)
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
 * A journal without a living writer is a write that was cut off. Reading goes on where it cannot be
 * finished, as on a read-only file system: what is read is verified anyway.
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
    write.onWarning(`an interrupted write could not be finished: ${reason}`)
  }
}
