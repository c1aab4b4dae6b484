import { VaultError } from '../../core/errors.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { Tree } from '../../core/ports.js'
import type { FastImport, ObjectEntry } from './fastImport.js'
import { KnownObjects } from './knownObjects.js'
import { components, shown } from '../files/paths.js'

const TREE = '040000'
const FILES = ['100644', '100755']

/** The entry at a path, or at the first path above it that is not a folder. */
interface Found {
  readonly at: string
  readonly entry: ObjectEntry
}

/** As many as a large write needs at the same time. Each takes 300 bytes. */
const MAX_LOOKUPS = 2_000

/** The files of one commit. The entries that were looked up last are cached. */
export class HeadTree implements Tree {
  readonly #objects: FastImport
  /** Undefined on an unborn branch, which has no files. */
  readonly #commit: string | undefined
  /** By path. */
  readonly #lookups = new Map<string, Promise<ObjectEntry | undefined>>()
  readonly #known: KnownObjects

  constructor(objects: FastImport, commit: string | undefined, known = new KnownObjects()) {
    this.#objects = objects
    this.#commit = commit
    this.#known = known
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const found = await this.#find(path)
    if (found === undefined) return undefined
    const { at, entry } = found
    const isFile = FILES.includes(entry.mode)
    // if a path above is a file, this path does not exist
    if (isFile && at !== path) return undefined
    if (!isFile) throw new VaultError('DocumentRefused', obstacleText(path, found))
    const known = this.#known.blob(entry.oid)
    const bytes = known ?? (await this.#objects.blob(entry.oid, limit))
    if (bytes === undefined || bytes.length > limit) {
      throw new VaultError('DocumentRefused', `${shown(path)} is longer than ${limit} bytes`)
    }
    if (known === undefined) this.#known.addBlob(entry.oid, bytes)
    return bytes
  }

  /** Returns the file that a write of this path replaces. Throws `RepositoryState` if it would replace anything else. */
  async replacedFile(path: string): Promise<ObjectEntry | undefined> {
    const found = await this.#find(path)
    if (found === undefined) return undefined
    if (found.at === path && FILES.includes(found.entry.mode)) return found.entry
    throw new VaultError('RepositoryState', obstacleText(path, found), {
      hint: 'move it to another path and commit'
    })
  }

  /**
   * Looks up each component of the path. fast-import prints `missing` for a path behind a link or a submodule, and a write
   * there would silently replace the link by a folder.
   */
  async #find(path: string): Promise<Found | undefined> {
    const parts = components(path)
    let treeish = this.#commit
    for (let depth = 1; depth <= parts.length; depth++) {
      if (treeish === undefined) return undefined
      const at = parts.slice(0, depth).join('/')
      const lookup: Promise<ObjectEntry | undefined> =
        this.#lookups.get(at) ?? this.#entry(treeish, parts[depth - 1]!)
      keepLast(this.#lookups, MAX_LOOKUPS, at, lookup)
      const entry = await lookup
      if (entry === undefined) return undefined
      if (entry.mode !== TREE || depth === parts.length) return { at, entry }
      treeish = entry.oid
    }
    return undefined
  }

  async #entry(treeish: string, name: string): Promise<ObjectEntry | undefined> {
    const known = this.#known.entry(treeish, name)
    if (known !== undefined) return known ?? undefined
    const entry = await this.#objects.entry(treeish, name)
    this.#known.addEntry(treeish, name, entry)
    return entry
  }
}

function obstacleText(path: string, { at, entry }: Found): string {
  const kinds: Readonly<Record<string, string>> = {
    [TREE]: 'a folder',
    120000: 'a symbolic link',
    160000: 'a submodule'
  }
  const kind = kinds[entry.mode] ?? 'a file'
  const prefix = at === path ? '' : `cannot use ${shown(path)}: `
  return `${prefix}${shown(at)} is ${kind} in the branch's newest commit`
}
