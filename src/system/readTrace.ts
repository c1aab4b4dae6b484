import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { History, Memory, Repository, Tree, WorkTree } from '../core/ports.js'
import { components } from './files/paths.js'
import { indexFile, journalFile, memoryFolder, type Place } from './git/place.js'
import type { TrackedFiles } from './git/tracked.js'
import type { OpenRepository } from './repository.js'
import { isRacy, isSame, stampOf, type Stamp } from './stamp.js'
import { withMemory } from './withMemory.js'

/** The state of every file that an answer was computed from. */
export interface Trace {
  /** Whether all these files are unchanged. Checks the disk synchronously. */
  isCurrent(): boolean
}

/** A repository that records which files are read through it. */
export interface TracedRepository {
  readonly repository: Repository & History
  /** Returns `undefined` if a later change of a file might go unnoticed. */
  trace(): Trace | undefined
}

/** Returns the repository for one computation, with a trace that tells whether its result is still current. */
export function traceReads(repository: OpenRepository, statCache?: StatCache): TracedRepository {
  const reads = new Reads(repository.place, statCache, repository.tracked)
  const { place } = repository
  const reading = <T extends Tree>(tree: T): T => ({
    ...tree,
    read: async (path: string, limit: number) => {
      reads.add(join(place.root, ...components(path)))
      const bytes = await tree.read(path, limit)
      if (bytes !== undefined) reads.addTracked(path)
      // a file that is there and was not read may become tracked without a change of the file
      else if (fs.existsSync(join(place.root, ...components(path)))) reads.abandon()
      return bytes
    }
  })
  const memory: Memory = {
    read: async name => {
      const file = join(memoryFolder(place), ...components(name))
      // git/memory.ts replaces files by renaming
      if (name.includes('/')) reads.addRenameOnly(file)
      else reads.add(file)
      return repository.memory.read(name)
    },
    update: async (name, next) => repository.memory.update(name, next)
  }
  return {
    repository: {
      ...withMemory(repository, memory),
      branch: async () => {
        const branch = await repository.branch()
        // in a reftable, a branch is not one file
        if (fs.existsSync(join(place.commonDir, 'reftable'))) reads.abandon()
        return branch
      },
      workTree: untraceable(reading(repository.workTree), reads),
      remembering: other => {
        reads.abandon()
        return repository.remembering(other)
      },
      commit: async decide => {
        reads.abandon()
        return repository.commit(decide)
      },
      conflictSides: async paths => {
        reads.abandon()
        return repository.conflictSides(paths)
      }
    },
    trace: () => reads.trace()
  }
}

/** A listing makes the trace unusable, because a folder's stamp does not show every change of its listing. */
function untraceable(tree: WorkTree, reads: Reads): WorkTree {
  return {
    ...tree,
    list: async path => {
      reads.abandon()
      return tree.list(path)
    },
    files: folder => {
      reads.abandon()
      return tree.files(folder)
    }
  }
}

/** The files that were read. Each stamp is taken before the read, so that a change during the read is noticed. */
class Reads {
  readonly #files = new Stamps()
  /** By their paths. */
  readonly #folders = new Map<string, RenameOnlyFolder>()
  readonly #statCache: StatCache | undefined
  readonly #tracked: TrackedPaths
  #isAbandoned = false

  constructor(place: Place, statCache: StatCache | undefined, tracked: TrackedFiles) {
    this.#statCache = statCache
    this.#tracked = new TrackedPaths(place, tracked)
    this.add(join(place.gitDir, 'HEAD'))
    // an interrupted write leaves a journal, and finishing that write changes the files
    this.add(journalFile(place))
  }

  /** There will be no trace: the result cannot be cached. */
  abandon(): void {
    this.#isAbandoned = true
  }

  add(path: string): void {
    if (!this.#files.add(path)) this.abandon()
  }

  /** Adds a file of a folder whose files are only ever replaced by renaming. */
  addRenameOnly(file: string): void {
    const path = dirname(file)
    const folder = this.#folders.get(path) ?? new RenameOnlyFolder(path)
    this.#folders.set(path, folder)
    if (!folder.files.add(file)) this.abandon()
  }

  /** Adds a file that git tracks. */
  addTracked(path: string): void {
    this.#tracked.paths.push(path)
  }

  trace(): Trace | undefined {
    if (this.#isAbandoned) return undefined
    const statCache = this.#statCache
    const stat = statCache ? (path: string) => statCache.stampOf(path) : stampOf
    const parts = [this.#files, ...this.#folders.values(), this.#tracked]
    return { isCurrent: () => parts.every(part => part.areCurrent(stat)) }
  }
}

/** Files that git tracked when they were read. git's index is looked at again only if it has changed. */
class TrackedPaths {
  readonly paths: string[] = []
  readonly #index: string
  readonly #files: TrackedFiles
  /** The index's stamp just before all paths were last found in it. */
  #checkedStamp: Stamp

  constructor(place: Place, files: TrackedFiles) {
    this.#index = indexFile(place)
    this.#files = files
  }

  areCurrent(stat: (path: string) => Stamp): boolean {
    const stamp = stat(this.#index)
    if (stamp && this.#checkedStamp && isSame(stamp, this.#checkedStamp)) return true
    this.#files.refresh()
    if (!this.paths.every(path => this.#files.has(path) !== false)) return false
    this.#checkedStamp = stamp && !isRacy(stamp) ? stamp : undefined
    return true
  }
}

/** The stamps of files at the time when they were added. */
class Stamps {
  readonly #stamps: (readonly [path: string, stamp: Stamp])[] = []

  /** Returns false if a later change of the file might go unnoticed, or if it has changed since it was first added. */
  add(path: string): boolean {
    const stamp = stampOf(path)
    const before = this.#stamps.find(([known]) => known === path)
    if (before) return isSame(before[1], stamp)
    this.#stamps.push([path, stamp])
    return stamp === undefined || !isRacy(stamp)
  }

  areCurrent(stat: (path: string) => Stamp): boolean {
    return this.#stamps.every(([path, stamp]) => isSame(stat(path), stamp))
  }
}

/**
 * A folder whose files are only ever replaced by renaming (git/memory.ts), which changes the folder's stamp. As long as
 * that stamp is the same, the files need no check.
 */
class RenameOnlyFolder {
  readonly files = new Stamps()
  readonly #path: string
  /** The folder's stamp just before all files were last found unchanged; undefined if it is not reliable. */
  #checkedStamp: Stamp

  constructor(path: string) {
    this.#path = path
  }

  areCurrent(stat: (path: string) => Stamp): boolean {
    if (this.#checkedStamp && isSame(stat(this.#path), this.#checkedStamp)) return true
    // not from the cache: the folder's stamp must be taken just before those of the files
    const folder = stampOf(this.#path)
    if (!this.files.areCurrent(stampOf)) return false
    // the stamp of a link does not show changes of the folder behind it
    this.#checkedStamp = folder?.isDirectory() && !isRacy(folder) ? folder : undefined
    return true
  }
}

/**
 * Takes each file's stamp once for all requests that are answered together. To be cleared with `forget` after all these
 * requests have been received and before any is answered, so that no answer is based on a stamp older than its request.
 */
export class StatCache {
  readonly #stamps = new Map<string, Stamp>()

  stampOf(path: string): Stamp {
    if (this.#stamps.has(path)) return this.#stamps.get(path)
    const stamp = stampOf(path)
    this.#stamps.set(path, stamp)
    return stamp
  }

  forget(): void {
    this.#stamps.clear()
  }
}
