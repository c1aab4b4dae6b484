import { createHash } from 'node:crypto'
import { ancestors, foldersAbove } from '../files/paths.js'
import { byteOrder } from './byteOrder.js'
import { invalidateFolders } from './cacheTree.js'
import type { GitIndex, IndexEntry, NewEntry } from './indexEntries.js'

const HEADER_BYTES = 12
/** The part of an entry before its object id. */
const FIXED_BYTES = 40
const MODE_AT = 24
/** The flag for two more bytes of flags. */
const EXTENDED_FLAG = 0x4000
/** The bits of a name's length. If all are set, the name has that length or more. */
const NAME_LENGTH_MASK = 0xfff

/** Returns undefined if only git can read this index. */
export function parseIndex(bytes: Buffer, idLength: number): GitIndex | undefined {
  if (bytes.length < HEADER_BYTES + idLength || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  if (![2, 3].includes(bytes.readUInt32BE(4))) return undefined
  const starts = entryStarts(bytes, idLength)
  const extensions = starts && extensionsOf(bytes, starts.at(-1)!, bytes.length - idLength)
  // an optional extension's name begins with a capital letter
  if (!extensions || extensions.some(({ name }) => !/^[A-Z]/.test(name))) return undefined
  return new FileIndex(bytes, idLength, starts, extensions)
}

/** Returns the position of each entry, and of the end of the last. Returns undefined if the bytes are not an index. */
function entryStarts(bytes: Buffer, idLength: number): Uint32Array | undefined {
  const end = bytes.length - idLength
  const count = bytes.readUInt32BE(8)
  if (count > (end - HEADER_BYTES) / (FIXED_BYTES + idLength)) return undefined
  const starts = new Uint32Array(count + 1)
  let at = HEADER_BYTES
  for (let entry = 0; entry < count; entry++) {
    starts[entry] = at
    if (at + FIXED_BYTES + idLength + 4 > end) return undefined
    const { from, to } = nameAt(bytes, at, idLength)
    if (to < from || to >= end) return undefined
    // padded with one to eight NUL to a multiple of eight
    at += (to - at + 8) & ~7
  }
  if (at > end) return undefined
  starts[count] = at
  return starts
}

/** Returns where the name of the entry at a position begins and ends. */
function nameAt(bytes: Buffer, at: number, idLength: number): { readonly from: number; readonly to: number } {
  const flags = bytes.readUInt16BE(at + FIXED_BYTES + idLength)
  const from = at + FIXED_BYTES + idLength + ((flags & EXTENDED_FLAG) === 0 ? 2 : 4)
  const length = flags & NAME_LENGTH_MASK
  return { from, to: length === NAME_LENGTH_MASK ? bytes.indexOf(0, from) : from + length }
}

function entryOf(bytes: Buffer, at: number, idLength: number): IndexEntry {
  const flags = bytes.readUInt16BE(at + FIXED_BYTES + idLength)
  const more = (flags & EXTENDED_FLAG) === 0 ? 0 : bytes.readUInt16BE(at + FIXED_BYTES + idLength + 2)
  const mode = bytes.readUInt32BE(at + MODE_AT)
  return {
    mode: mode.toString(8).padStart(6, '0'),
    oid: bytes.toString('hex', at + FIXED_BYTES, at + FIXED_BYTES + idLength),
    stage: (flags >> 12) & 3,
    isSkipWorktree: (more & 0x4000) !== 0
  }
}

interface Extension {
  readonly name: string
  readonly bytes: Buffer
}

function extensionsOf(bytes: Buffer, start: number, end: number): Extension[] | undefined {
  const extensions: Extension[] = []
  for (let at = start; at < end;) {
    if (at + 8 > end) return undefined
    const next = at + 8 + bytes.readUInt32BE(at + 4)
    if (next > end) return undefined
    extensions.push({ name: bytes.toString('latin1', at, at + 4), bytes: bytes.subarray(at + 8, next) })
    at = next
  }
  return extensions
}

const COPIED_EXTENSIONS = ['REUC']
/** Offsets of the extensions and of blocks of entries, which are optional and would be wrong after a change. */
const DROPPED_EXTENSIONS = ['EOIE', 'IEOT']

/** An index parsed from its file. Its entries are sorted by the bytes of their names, then by stage. */
class FileIndex implements GitIndex {
  readonly #bytes: Buffer
  readonly #idLength: number
  /** The position of each entry, and of the end of the last. An object for each would take ten times the memory. */
  readonly #starts: Uint32Array
  readonly #extensions: readonly Extension[]
  /** The folders above the path that `fileAbove` was asked about last, none of which is a file. */
  #folders: readonly string[] = []

  constructor(bytes: Buffer, idLength: number, starts: Uint32Array, extensions: readonly Extension[]) {
    this.#bytes = bytes
    this.#idLength = idLength
    this.#starts = starts
    this.#extensions = extensions
  }

  entriesAt(path: string): readonly IndexEntry[] {
    const { first, end } = this.#span(path)
    return Array.from({ length: end - first }, (_, at) =>
      entryOf(this.#bytes, this.#starts[first + at]!, this.#idLength)
    )
  }

  fileAbove(path: string): string | undefined {
    const folders = ancestors(path)
    const known = this.#folders
    const isFile = (folder: string, depth: number): boolean => {
      if (known[depth] === folder) return false
      const { first, end } = this.#span(folder)
      return end > first
    }
    const found = folders.find(isFile)
    if (found === undefined) this.#folders = folders
    return found
  }

  hasEntriesBelow(path: string): boolean {
    const key = Buffer.from(`${path}/`, 'utf8')
    const at = this.#firstFrom(key)
    if (at === this.#count) return false
    const { from, to } = nameAt(this.#bytes, this.#starts[at]!, this.#idLength)
    return this.#bytes.compare(key, 0, key.length, from, Math.min(to, from + key.length)) === 0
  }

  withEntries(entries: readonly NewEntry[]): Iterable<Uint8Array> | undefined {
    const extensions = this.#updatedExtensions(entries)
    if (extensions === undefined) return undefined
    const ordered = entries.toSorted((one, other) => byteOrder(one.path, other.path))
    let count = this.#count
    let before = 0
    for (const { path, new: made } of ordered) {
      if (this.hasEntriesBelow(path) || this.fileAbove(path) !== undefined) return undefined
      const { first, end } = this.#span(path)
      // the names are not in order
      if (first < before) return undefined
      count += (made === undefined ? 0 : 1) - (end - first)
      before = end
    }
    const header = Buffer.from(this.#bytes.subarray(0, HEADER_BYTES))
    header.writeUInt32BE(count, 8)
    return this.#withChecksum(header, ordered, extensions)
  }

  *#withChecksum(
    header: Buffer,
    ordered: readonly NewEntry[],
    extensions: readonly Uint8Array[]
  ): Generator<Uint8Array> {
    const checksum = createHash(this.#idLength === 32 ? 'sha256' : 'sha1')
    for (const part of this.#parts(header, ordered, extensions)) {
      checksum.update(part)
      yield part
    }
    yield checksum.digest()
  }

  *#parts(
    header: Buffer,
    ordered: readonly NewEntry[],
    extensions: readonly Uint8Array[]
  ): Generator<Uint8Array> {
    yield header
    let from = HEADER_BYTES
    for (const entry of ordered) {
      const { first, end } = this.#span(entry.path)
      yield this.#bytes.subarray(from, this.#starts[first])
      if (entry.new !== undefined) yield entryBytes(entry, entry.new)
      from = this.#starts[end]!
    }
    yield this.#bytes.subarray(from, this.#starts[this.#count])
    yield* extensions
  }

  get #count(): number {
    return this.#starts.length - 1
  }

  /** Returns the number of the first entry of a name, and of the first after them: the same if it has none. */
  #span(path: string): { readonly first: number; readonly end: number } {
    const key = Buffer.from(path, 'utf8')
    const first = this.#firstFrom(key)
    let end = first
    while (end < this.#count && this.#compare(end, key) === 0) end++
    return { first, end }
  }

  /** Returns the number of the first entry whose name is not before the key. */
  #firstFrom(key: Buffer): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(middle, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(entry: number, key: Buffer): number {
    const { from, to } = nameAt(this.#bytes, this.#starts[entry]!, this.#idLength)
    return this.#bytes.compare(key, 0, key.length, from, to)
  }

  /** Returns undefined if there is an extension that only git can update. */
  #updatedExtensions(entries: readonly NewEntry[]): Uint8Array[] | undefined {
    const kept: Uint8Array[] = []
    for (const { name, bytes } of this.#extensions) {
      if (DROPPED_EXTENSIONS.includes(name)) continue
      const after =
        name === 'TREE'
          ? invalidateFolders(bytes, foldersAbove(entries), this.#idLength)
          : COPIED_EXTENSIONS.includes(name)
            ? bytes
            : undefined
      if (after === undefined) return undefined
      const head = Buffer.alloc(8)
      head.write(name, 'latin1')
      head.writeUInt32BE(after.length, 4)
      kept.push(head, after)
    }
    return kept
  }
}

/** Returns an entry without the file's times, size and inode: with them, git would not check the file. */
function entryBytes({ path, mode }: NewEntry, oid: string): Buffer {
  const id = Buffer.from(oid, 'hex')
  const name = Buffer.from(path, 'utf8')
  const flagsAt = FIXED_BYTES + id.length
  const nameAt = flagsAt + 2
  const bytes = Buffer.alloc((nameAt + name.length + 8) & ~7)
  bytes.writeUInt32BE(Number.parseInt(mode, 8), MODE_AT)
  id.copy(bytes, FIXED_BYTES)
  bytes.writeUInt16BE(Math.min(name.length, NAME_LENGTH_MASK), flagsAt)
  name.copy(bytes, nameAt)
  return bytes
}
