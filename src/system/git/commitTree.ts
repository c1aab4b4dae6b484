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
  /** Names that are in the folder once more in another spelling, on a file system that folds case. */
  readonly #ambiguous: ReadonlySet<string>
  /** Where the last search ended. A caller that asks in order finds the next entry at once. */
  #next = 0

  /** Throws `GitFailed` if a name is there twice: git checks out one of the two, and a search may find the other. */
  constructor(bytes: Uint8Array, idLength: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#idLength = idLength
    this.#ambiguous = this.#checkNames()
  }

  entry(name: string): FolderEntry | undefined {
    if (this.#ambiguous.has(folded(name)))
      throw malformed(`${shown(name)} is there in several spellings, which some file systems take for one`)
    const wanted = Buffer.from(` ${name}\0`)
    return this.#find(wanted, this.#next, this.#bytes.length) ?? this.#find(wanted, 0, this.#next)
  }

  #find(wanted: Buffer, from: number, to: number): FolderEntry | undefined {
    for (const entry of this.#entries(from, to)) {
      if (!wanted.equals(this.#bytes.subarray(entry.space, entry.end + 1))) continue
      // the start of this entry, because a folder is looked up again for each file in it
      this.#next = entry.at
      return {
        mode: this.#bytes.toString('latin1', entry.at, entry.space),
        oid: this.#bytes.toString('hex', entry.end + 1, entry.next)
      }
    }
    return undefined
  }

  *#entries(from: number, to: number): Generator<{ at: number; space: number; end: number; next: number }> {
    for (let at = from; at < to;) {
      const space = this.#bytes.indexOf(0x20, at)
      const end = this.#bytes.indexOf(0, space)
      const next = end + 1 + this.#idLength
      if (space < 0 || end < 0 || next > this.#bytes.length) throw malformed('an entry is cut off')
      yield { at, space, end, next }
      at = next
    }
  }

  #checkNames(): ReadonlySet<string> {
    const names = new Set<string>()
    const spellings = new Set<string>()
    const ambiguous = new Set<string>()
    for (const { space, end } of this.#entries(0, this.#bytes.length)) {
      const name = this.#bytes.toString('utf8', space + 1, end)
      if (names.has(name)) throw malformed(`${shown(name)} is there twice`)
      names.add(name)
      const spelling = folded(name)
      if (spellings.has(spelling)) ambiguous.add(spelling)
      spellings.add(spelling)
    }
    return ambiguous
  }
}

/** The name as file systems compare it that fold case, normalize, and ignore invisible characters (APFS, HFS+, NTFS). */
const folded = (name: string): string => name.normalize('NFC').replace(INVISIBLE, '').toLowerCase()
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|[. ]+$/gu

const malformed = (why: string): VaultError => new VaultError('GitFailed', `malformed tree: ${why}`)

function refused(path: string, why: string): VaultError {
  return new VaultError('DocumentRefused', `${shown(path)} ${why}`)
}
