import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { History, Memory, Repository, Tree, WorkTree } from '../core/ports.js'
import { errno } from './files.js'
import { components } from './paths.js'
import { journalFile, memoryFolder, type Place } from './place.js'
import type { OpenRepository } from './repository.js'

/** Everything that an answer was made from, as it was then. */
export interface Trace {
  /** Whether all of it is still as it was. Looks at the disk, at once. */
  isCurrent(): boolean
}

/** A repository that remembers what is looked at through it. */
export interface Traced {
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
export function traced(repository: OpenRepository, glances?: Glances): Traced {
  const looks = new Looks(repository.place, glances)
  const { place } = repository
  const reading = <T extends Tree>(tree: T): T => ({
    ...tree,
    read: async (path: string, limit: number) => {
      looks.at(join(place.root, ...components(path)))
      return tree.read(path, limit)
    }
  })
  const memory: Memory = {
    read: async name => {
      const file = join(memoryFolder(place), ...components(name))
      // src/system/memory.ts renames what it writes
      if (name.includes('/')) looks.in(dirname(file), file)
      else looks.at(file)
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
        if (fs.existsSync(join(place.commonDir, 'reftable'))) looks.give()
        return branch
      },
      workTree: untraceable(reading(repository.workTree), looks),
      memory,
      prepareCommit: async () => repository.prepareCommit(),
      close: async () => repository.close(),
      commit: async decide => {
        looks.give()
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
    trace: () => looks.trace()
  }
}

/** A folder's listing has no stamp that could be trusted. */
function untraceable(tree: WorkTree, looks: Looks): WorkTree {
  return {
    ...tree,
    list: async path => {
      looks.give()
      return tree.list(path)
    },
    files: folder => {
      looks.give()
      return tree.files(folder)
    }
  }
}

/** What has been looked at: before it was read, so that what changes while it is read shows. */
class Looks {
  readonly #files = new Stamps()
  /** By their paths. */
  readonly #folders = new Map<string, KeptFolder>()
  readonly #glances: Glances | undefined
  #isLost = false

  constructor(place: Place, glances: Glances | undefined) {
    this.#glances = glances
    this.at(join(place.gitDir, 'HEAD'))
    // a write that was cut off leaves it, and finishing that changes the files
    this.at(journalFile(place))
  }

  /** Nothing made from this can be kept. */
  give(): void {
    this.#isLost = true
  }

  at(path: string): void {
    if (!this.#files.add(path)) this.#isLost = true
  }

  /** A file of a folder in which each is only ever replaced by another. */
  in(path: string, file: string): void {
    const folder = this.#folders.get(path) ?? new KeptFolder(path)
    this.#folders.set(path, folder)
    if (!folder.files.add(file)) this.#isLost = true
  }

  trace(): Trace | undefined {
    if (this.#isLost) return undefined
    const glances = this.#glances
    const look = glances ? (path: string) => glances.at(path) : stampOf
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

/** Files that are only ever replaced, which changes their folder: as long as that is as it was, none is looked at. */
class KeptFolder {
  readonly files = new Stamps()
  readonly #path: string
  /** As it was before the files were found to be as they were; `null` where that is too short ago to tell. */
  #settled: Stamp | null = null

  constructor(path: string) {
    this.#path = path
  }

  areCurrent(look: (path: string) => Stamp): boolean {
    if (this.#settled !== null && isSame(look(this.#path), this.#settled)) return true
    // nothing that was seen earlier in this turn: the folder has to be older than the files
    const folder = stampOf(this.#path)
    if (!this.files.areCurrent(stampOf)) return false
    this.#settled = folder !== undefined && isRacy(folder) ? null : folder
    return true
  }
}

/**
 * `undefined`: nothing is there. A folder on the way that was replaced, by a link or another one, shows in the files:
 * theirs are others then.
 */
type Stamp = fs.BigIntStats | undefined

/**
 * Finds something out once for all requests that are answered in one turn of the event loop. Whatever is read from sockets
 * in a turn had begun to arrive before the turn did, so a change that came before a request came before the look, too.
 * That holds for as many sockets as the loop asks the system about at once: `MOST_AT_ONCE`.
 */
export function oncePerTurn<T>(look: () => T): () => T {
  let found: { readonly value: T } | undefined
  return () => {
    if (!found) {
      found = { value: look() }
      // runs when all that has arrived is dealt with, and before more is asked for
      setImmediate(() => (found = undefined))
    }
    return found.value
  }
}

/** Looks at each file once in a turn. */
export class Glances {
  readonly #stamps = oncePerTurn(() => new Map<string, Stamp>())

  at(path: string): Stamp {
    const stamps = this.#stamps()
    if (stamps.has(path)) return stamps.get(path)
    const stamp = stampOf(path)
    stamps.set(path, stamp)
    return stamp
  }
}

/** libuv takes 1024 events at once; some are not of clients. */
export const MOST_AT_ONCE = 900

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
