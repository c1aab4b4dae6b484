import { VaultError } from '../../core/errors.js'
import type { Change, Tree } from '../../core/ports.js'
import type { ObjectEntry } from './fastImport.js'
import type { HeadTree } from './headTree.js'
import { ancestors, shown } from '../files/paths.js'
import type { PlannedFile } from '../index/plannedFile.js'

/** One commit of a chain. */
export interface Link {
  readonly change: Change
  /** Against the commit before it, which may be another of the chain. */
  readonly files: readonly PlannedFile[]
}

/**
 * Commits that will be made one on the other, in one go: the branch's newest commit with what the chain's own commits
 * so far have changed. Who decides the next sees them as if they had been made.
 */
export class Chain implements Tree {
  readonly links: Link[] = []
  readonly #head: HeadTree
  readonly #changed = new Map<string, PlannedFile>()

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

  /** As `HeadTree.replaced`. */
  async replaced(path: string): Promise<ObjectEntry | undefined> {
    const folder = ancestors(path).find(ancestor => this.#changed.get(ancestor)?.bytes !== undefined)
    if (folder !== undefined)
      throw new VaultError('RepositoryState', `${shown(path)} cannot be: ${shown(folder)} is a file`)
    const changed = this.#changed.get(path)
    if (changed === undefined) return this.#head.replaced(path)
    return changed.new === undefined ? undefined : { mode: changed.mode, oid: changed.new }
  }

  /** Whether what the chain changes is at one of these paths, or at a folder on the way to one. */
  touches(paths: Iterable<string>): boolean {
    if (this.links.length === 0) return false
    return [...paths].some(path => [path, ...ancestors(path)].some(at => this.#changed.has(at)))
  }

  add(link: Link): void {
    this.links.push(link)
    for (const file of link.files) {
      const before = this.#changed.get(file.path)
      this.#changed.set(file.path, before === undefined ? file : { ...file, old: before.old })
    }
  }

  /** What the whole chain changes, against the branch's newest commit: what is written first, then what goes. */
  get files(): PlannedFile[] {
    const files = [...this.#changed.values()].filter(file => file.old !== undefined || file.new !== undefined)
    return [...files.filter(file => file.bytes), ...files.filter(file => !file.bytes)]
  }
}
