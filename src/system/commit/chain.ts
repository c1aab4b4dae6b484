import { VaultError } from '../../core/errors.js'
import type { Change, Tree } from '../../core/ports.js'
import type { ObjectEntry } from './fastImport.js'
import type { HeadTree } from './headTree.js'
import { ancestors, shown } from '../files/paths.js'
import type { PlannedFile } from '../index/plannedFile.js'

/** One commit of a chain. */
export interface Link {
  readonly change: Change
  /** The differences from the commit before it, which may be in the chain. */
  readonly files: readonly PlannedFile[]
}

/**
 * Commits to be made together, each on top of the one before. As a tree, it is the branch's newest commit with the changes
 * of the chain so far, so the next write is decided as if these commits had been made.
 */
export class Chain implements Tree {
  readonly links: Link[] = []
  readonly #head: HeadTree
  /** The files of all commits, by path. Made only if there is a second write, because the first may be a large one. */
  #byPath: Map<string, PlannedFile> | undefined

  constructor(head: HeadTree) {
    this.#head = head
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const changed = this.#changed.get(path)
    if (changed === undefined) return this.#head.read(path, limit)
    const { bytes } = changed
    if (bytes !== undefined && bytes.length > limit)
      throw new VaultError('DocumentRefused', `${shown(path)} is longer than ${limit} bytes`)
    return bytes
  }

  /** As `HeadTree.replacedFile`. */
  async replacedFile(path: string): Promise<ObjectEntry | undefined> {
    const folder = ancestors(path).find(ancestor => this.#changed.get(ancestor)?.new !== undefined)
    if (folder !== undefined)
      throw new VaultError('RepositoryState', `cannot use ${shown(path)}: ${shown(folder)} is a file`)
    const changed = this.#changed.get(path)
    if (changed === undefined) return this.#head.replacedFile(path)
    return changed.new === undefined ? undefined : { mode: changed.mode, oid: changed.new }
  }

  /** Whether the chain changes one of these paths, or a path above one. */
  touches(paths: Iterable<string>): boolean {
    if (this.links.length === 0) return false
    return [...paths].some(path => [path, ...ancestors(path)].some(at => this.#changed.has(at)))
  }

  add(link: Link): void {
    this.links.push(link)
    if (this.#byPath) addFiles(this.#byPath, link)
  }

  /** The differences of the whole chain from the branch's newest commit: written files first, then removed ones. */
  get files(): readonly PlannedFile[] {
    if (this.links.length === 1) return this.links[0]!.files
    const files = [...this.#changed.values()].filter(file => file.old !== undefined || file.new !== undefined)
    return [...files.filter(file => file.new !== undefined), ...files.filter(file => file.new === undefined)]
  }

  /** For each commit, those of `files` that no earlier one changes. */
  ownFiles(): (readonly PlannedFile[])[] {
    if (this.links.length === 1) return [this.files]
    const left = new Map(this.files.map(file => [file.path, file]))
    return this.links.map(link =>
      link.files.flatMap(({ path }) => {
        const file = left.get(path)
        left.delete(path)
        return file ?? []
      })
    )
  }

  get #changed(): ReadonlyMap<string, PlannedFile> {
    if (this.#byPath) return this.#byPath
    const made = (this.#byPath = new Map<string, PlannedFile>())
    for (const link of this.links) addFiles(made, link)
    return made
  }
}

function addFiles(files: Map<string, PlannedFile>, link: Link): void {
  for (const file of link.files) {
    const before = files.get(file.path)
    files.set(file.path, before === undefined ? file : { ...file, bytes: file.bytes, old: before.old })
  }
}
