import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { History, Memory, Repository, Tree, WorkTree } from '../core/ports.js'
import { errno } from './files/files.js'
import { components } from './files/paths.js'
import { journalFile, memoryFolder, type Place } from './git/place.js'
import type { OpenRepository } from './repository.js'

/** Everything that an answer was made from, as it was then. */
export interface Trace {
  /** Whether all of it is still as it was. Looks at the disk, at once. */
  isCurrent(): boolean
}

/** A repository that remembers what is looked at through it. */
export interface TracedRepository {
  readonly repository: Repository & History
  /** `undefined` where it cannot be said whether a file has changed since. */
  trace(): Trace | undefined
}

/**
 * A file that was written this shortly before it was looked at may be written again with the same stamp: the system's
 * clock of files ticks in steps of up to 10 ms (git has the same rule for its index).
 */
const RACY_NS = 20_000_000n
/** Some file systems keep whole seconds only, FAT even ones. */
const RACY_COARSE_NS = 2_000_000_000n
const SECOND_NS = 1_000_000_000n

/** One for each computation: what it has looked at tells when its result is out of date. */
export function traceReads(repository: OpenRepository, statCache?: StatCache): TracedRepository {
  const reads = new Reads(repository.place, statCache)
  const { place } = repository
  const reading = <T extends Tree>(tree: T): T => ({
    ...tree,
    read: async (path: string, limit: number) => {
      reads.at(join(place.root, ...components(path)))
      return tree.read(path, limit)
    }
  })
  const memory: Memory = {
    read: async name => {
      const file = join(memoryFolder(place), ...components(name))
      // src/system/memory.ts renames what it writes
      if (name.includes('/')) reads.replaced(file)
      else reads.at(file)
      return repository.memory.read(name)
    },
    update: async (name, next) => repository.memory.update(name, next)
  }
  return {
    repository: {
      root: repository.root,
      branch: async () => {
        const branch = await repository.branch()
        // git's other store of branches is not one file
        if (fs.existsSync(join(place.commonDir, 'reftable'))) reads.abandon()
        return branch
      },
      workTree: untraceable(reading(repository.workTree), reads),
      memory,
      prepareCommit: async () => repository.prepareCommit(),
      close: async () => repository.close(),
      commit: async decide => {
        reads.abandon()
        return repository.commit(decide)
      },
      log: options => repository.log(options),
      blob: async (id, limit) => repository.blob(id, limit),
      files: (revision, folder) => repository.files(revision, folder),
      otherBranches: async ref => repository.otherBranches(ref),
      commitId: async revision => repository.commitId(revision),
      treeOf: commit => repository.treeOf(commit),
      range: (from, to, paths) => repository.range(from, to, paths)
    },
    trace: () => reads.trace()
  }
}

/** A folder's listing has no stamp that could be trusted. */
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

/** What has been looked at: before it was read, so that what changes while it is read shows. */
class Reads {
  readonly #files = new Stamps()
  /** By their paths. */
  readonly #folders = new Map<string, RenameOnlyFolder>()
  readonly #statCache: StatCache | undefined
  #isLost = false

  constructor(place: Place, statCache: StatCache | undefined) {
    this.#statCache = statCache
    this.at(join(place.gitDir, 'HEAD'))
    // a write that was cut off leaves it, and finishing that changes the files
    this.at(journalFile(place))
  }

  /** Nothing made from this can be kept. */
  abandon(): void {
    this.#isLost = true
  }

  at(path: string): void {
    if (!this.#files.add(path)) this.#isLost = true
  }

  /** A file of a folder in which each is only ever replaced by another. */
  replaced(file: string): void {
    const path = dirname(file)
    const folder = this.#folders.get(path) ?? new RenameOnlyFolder(path)
    this.#folders.set(path, folder)
    if (!folder.files.add(file)) this.#isLost = true
  }

  trace(): Trace | undefined {
    if (this.#isLost) return undefined
    const statCache = this.#statCache
    const look = statCache ? (path: string) => statCache.at(path) : stampOf
    const parts = [this.#files, ...this.#folders.values()]
    return { isCurrent: () => parts.every(part => part.areCurrent(look)) }
  }
}

/** Files as they were. */
class Stamps {
  readonly #stamps: (readonly [path: string, stamp: Stamp])[] = []

  /** False where it cannot be said whether the file changes from now on, or where it has changed. */
  add(path: string): boolean {
    const stamp = stampOf(path)
    const before = this.#stamps.find(([known]) => known === path)
    if (before) return isSame(before[1], stamp)
    this.#stamps.push([path, stamp])
    return stamp === undefined || !isRacy(stamp)
  }

  areCurrent(look: (path: string) => Stamp): boolean {
    return this.#stamps.every(([path, stamp]) => isSame(look(path), stamp))
  }
}

/**
 * Files that are only ever replaced (memory.ts), which changes their folder: as long as that is as it was, none is looked
 * at.
 */
class RenameOnlyFolder {
  readonly files = new Stamps()
  readonly #path: string
  /** The folder, as it was just before the files were all found unchanged; undefined where that says nothing. */
  #settled: Stamp

  constructor(path: string) {
    this.#path = path
  }

  areCurrent(look: (path: string) => Stamp): boolean {
    if (this.#settled && isSame(look(this.#path), this.#settled)) return true
    // no glance from before: the folder has to be looked at earlier than the files
    const folder = stampOf(this.#path)
    if (!this.files.areCurrent(stampOf)) return false
    // a link says nothing of the folder behind it
    this.#settled = folder?.isDirectory() && !isRacy(folder) ? folder : undefined
    return true
  }
}

/**
 * `undefined`: nothing is there. A folder on the way that was replaced, by a link or another one, shows in the files:
 * theirs are others then.
 */
type Stamp = fs.BigIntStats | undefined

/**
 * Looks at each file once for all requests that are answered together. Whoever uses it forgets what was seen before any of
 * them is answered, and after all of them have been read: then nobody is answered from a look that is older than what they
 * ask.
 */
export class StatCache {
  readonly #stamps = new Map<string, Stamp>()

  at(path: string): Stamp {
    if (this.#stamps.has(path)) return this.#stamps.get(path)
    const stamp = stampOf(path)
    this.#stamps.set(path, stamp)
    return stamp
  }

  forget(): void {
    this.#stamps.clear()
  }
}

function stampOf(path: string): Stamp {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (errno(error) === 'ENOTDIR' || errno(error) === 'ENAMETOOLONG') return undefined
    throw error
  }
}

function isSame(a: Stamp, b: Stamp): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  )
}

function isRacy(stamp: fs.BigIntStats): boolean {
  const isCoarse = stamp.ctimeNs % SECOND_NS === 0n
  return stamp.ctimeNs + (isCoarse ? RACY_COARSE_NS : RACY_NS) > BigInt(Date.now()) * 1_000_000n
}

/** Whether a write was cut off, or is being made by another process. */
export function isUnfinished(place: Place): boolean {
  return fs.existsSync(journalFile(place))
}
