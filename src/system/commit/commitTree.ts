import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import { keepLast } from '../../core/format/parseCache.js'
import { components, shown } from '../files/paths.js'

const FOLDER = '40000'
const FILES: readonly string[] = ['100644', '100755']
/** The next read is mostly in one of the same folders. */
const MAX_CACHED_FOLDERS = 8

interface FolderEntry {
  readonly mode: string
  readonly oid: string
}

/** The files of a commit. Caches the folders that were read last. */
export class CommitTree implements Tree {
  readonly #commit: string
  readonly #folder: (oid: string) => Promise<Uint8Array | undefined>
  readonly #blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
  readonly #folders = new Map<string, Folder>()

  /** @param folder reads a tree object, given the id of the tree or of a commit */
  constructor(
    commit: string,
    folder: (oid: string) => Promise<Uint8Array | undefined>,
    blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
  ) {
    this.#commit = commit
    this.#folder = folder
    this.#blob = blob
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    let at: FolderEntry = { mode: FOLDER, oid: this.#commit }
    for (const [depth, name] of components(path).entries()) {
      if (at.mode !== FOLDER) {
        if (FILES.includes(at.mode)) return undefined
        const behind = components(path).slice(0, depth).join('/')
        throw refused(path, `is behind ${shown(behind)}, which is not a folder`)
      }
      const found = (await this.#open(at.oid)).entry(name)
      if (!found) return undefined
      at = found
    }
    if (!FILES.includes(at.mode)) throw refused(path, 'is not a regular file')
    const bytes = await this.#blob(at.oid, limit)
    return bytes ?? Promise.reject(refused(path, `is longer than ${limit} bytes, or is not in this clone`))
  }

  async #open(oid: string): Promise<Folder> {
    const folder = this.#folders.get(oid) ?? (await this.#read(oid))
    keepLast(this.#folders, MAX_CACHED_FOLDERS, oid, folder)
    return folder
  }

  async #read(oid: string): Promise<Folder> {
    const bytes = await this.#folder(oid)
    if (!bytes) throw new VaultError('GitFailed', `the object ${oid} is not in this clone`)
    return new Folder(bytes, this.#commit.length / 2)
  }
}

/** A tree object: a sequence of `<mode> <name> NUL <id>`. */
class Folder {
  readonly #bytes: Buffer
  readonly #idLength: number
  /** Where the last search ended. A caller that asks in order finds the next entry at once. */
  #next = 0

  constructor(bytes: Uint8Array, idLength: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#idLength = idLength
  }

  entry(name: string): FolderEntry | undefined {
    const wanted = Buffer.from(` ${name}\0`)
    return this.#find(wanted, this.#next, this.#bytes.length) ?? this.#find(wanted, 0, this.#next)
  }

  #find(wanted: Buffer, from: number, to: number): FolderEntry | undefined {
    const bytes = this.#bytes
    for (let at = from; at < to;) {
      const space = bytes.indexOf(0x20, at)
      const end = bytes.indexOf(0, space)
      if (space < 0 || end < 0) break
      const next = end + 1 + this.#idLength
      if (end + 1 - space === wanted.length && wanted.equals(bytes.subarray(space, end + 1))) {
        // the start of this entry, because a folder is looked up again for each file in it
        this.#next = at
        return { mode: bytes.toString('latin1', at, space), oid: bytes.toString('hex', end + 1, next) }
      }
      at = next
    }
    return undefined
  }
}

function refused(path: string, why: string): VaultError {
  return new VaultError('DocumentRefused', `${shown(path)} ${why}`)
}
