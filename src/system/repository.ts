import { existsSync } from 'node:fs'
import type { Blobs } from './blobs.js'
import type { Prepared, WriteOptions } from './commit.js'
import type {
  CommitEntry,
  Committed,
  Decision,
  History,
  LogOptions,
  Repository,
  Tree
} from '../core/ports.js'
import { VaultError } from '../core/errors.js'
import { discover } from './discover.js'
import { errno } from './files.js'
import { readBranch } from './head.js'
import { openMemory } from './memory.js'
import { shown } from './paths.js'
import { journalFile, lockFolder, type Place } from './place.js'
import { openWorkTree } from './workTree.js'

export interface OpenRepository extends Repository, History {
  readonly place: Place
}

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
  #commits: Promise<unknown> = Promise.resolve()

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
    this.#prepared ??= import('./commit.js').then(({ Prepared }) => new Prepared(this.place))
    await this.#prepared
  }

  /** One at a time: waiting here is shorter than waiting for the lock. */
  commit<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T>> {
    const turn = this.#commits.then(async () => {
      const { commit } = await import('./commit.js')
      await this.prepareCommit()
      const prepared = await this.#prepared!
      this.#prepared = undefined
      return commit(this.place, this.#write, prepared, decide)
    })
    this.#commits = turn.catch(() => undefined)
    return turn
  }

  async *log(options: LogOptions): AsyncGenerator<CommitEntry> {
    const { readLog } = await import('./log.js')
    yield* readLog(this.place, options)
  }

  async blob(oid: string, limit: number): Promise<Uint8Array | undefined> {
    this.#blobs ??= import('./blobs.js').then(({ Blobs }) => new Blobs(this.place))
    return (await this.#blobs).read(oid, limit)
  }

  async close(): Promise<void> {
    await this.#commits
    await (await this.#prepared)?.objects.end()
    this.#prepared = undefined
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
    const { isLocked, takeLock } = await import('./lock.js')
    if (isLocked(lockFolder(place))) return
    const { repair } = await import('./repair.js')
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
