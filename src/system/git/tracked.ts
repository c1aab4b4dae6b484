import * as fs from 'node:fs'
import { indexFile, type Place } from './place.js'

const HEADER_BYTES = 12
/** The part of an index entry before its object id. */
const FIXED_BYTES = 40
/** The flag for two more bytes of flags. */
const EXTENDED_FLAG = 0x4000
/** The bits of a name's length. If all are set, the name has that length or more. */
const NAME_LENGTH_MASK = 0xfff
/** Reading a larger index would make each read measurably slower. */
const MAX_INDEX_BYTES = 16 << 20

/** The names in git's index, read without a git process and without what a write needs of the index. */
export class TrackedFiles {
  readonly #path: string
  #stamp = 'unread'
  #names: IndexNames | undefined

  constructor(place: Place) {
    this.#path = indexFile(place)
  }

  /**
   * Whether git tracks the file. Undefined if only git can tell: there is no index, it is very large, of version 4, split
   * or sparse. To be called after the file was read: a write puts a new file's name into the index before the file.
   */
  has(path: string): boolean | undefined {
    // a path that was tracked a moment ago is still a file of the vault
    if (this.#names?.has(path) === true) return true
    this.refresh()
    return this.#names?.has(path)
  }

  /** Reads the index again if it has changed. Returns what identifies its state. */
  refresh(): string {
    const stat = fs.statSync(this.#path, { bigint: true, throwIfNoEntry: false })
    const stamp = stat ? [stat.ino, stat.size, stat.mtimeNs].join(' ') : ''
    if (stamp === this.#stamp) return stamp
    const isReadable = stat !== undefined && stat.size <= MAX_INDEX_BYTES
    this.#names = isReadable ? parse(this.#path) : undefined
    this.#stamp = stamp
    return stamp
  }
}

/** Returns undefined if this is not an index that lists every file with its whole name. */
function parse(path: string): IndexNames | undefined {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(path)
  } catch {
    // removed or made unreadable since: the caller compares nothing then
    return undefined
  }
  // SHA-1 or SHA-256, as the repository's configuration says: only one of them fits
  return parseWith(bytes, 20) ?? parseWith(bytes, 32)
}

function parseWith(bytes: Buffer, idLength: number): IndexNames | undefined {
  const end = bytes.length - idLength
  if (end < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  if (![2, 3].includes(bytes.readUInt32BE(4))) return undefined
  const count = bytes.readUInt32BE(8)
  if (count * (FIXED_BYTES + idLength) > end) return undefined
  const starts = new Uint32Array(count)
  const ends = new Uint32Array(count)
  let at = HEADER_BYTES
  for (let entry = 0; entry < count; entry++) {
    const flagsAt = at + FIXED_BYTES + idLength
    if (flagsAt + 4 > end) return undefined
    const flags = bytes.readUInt16BE(flagsAt)
    const start = flagsAt + ((flags & EXTENDED_FLAG) === 0 ? 2 : 4)
    const length = flags & NAME_LENGTH_MASK
    const stop = length === NAME_LENGTH_MASK ? bytes.indexOf(0, start) : start + length
    if (stop < start || stop >= end || bytes[stop] !== 0) return undefined
    starts[entry] = start
    ends[entry] = stop
    at += (stop - at + 8) & ~7
  }
  return hasOnlyOptional(bytes, at, end) ? new IndexNames(bytes, starts, ends) : undefined
}

/** Whether the extensions are whole, and none of them is required: an optional one's name begins with a capital letter. */
function hasOnlyOptional(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at + 8 <= end) {
    if (!/^[A-Z]/.test(bytes.toString('latin1', at, at + 1))) return false
    at += 8 + bytes.readUInt32BE(at + 4)
  }
  return at === end
}

/** The names of an index, which are sorted by their bytes. */
class IndexNames {
  readonly #bytes: Buffer
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array

  constructor(bytes: Buffer, starts: Uint32Array, ends: Uint32Array) {
    this.#bytes = bytes
    this.#starts = starts
    this.#ends = ends
  }

  has(path: string): boolean {
    const key = Buffer.from(path, 'utf8')
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      const order = this.#bytes.compare(key, 0, key.length, this.#starts[middle], this.#ends[middle])
      if (order === 0) return true
      if (order < 0) low = middle + 1
      else high = middle
    }
    return false
  }
}
