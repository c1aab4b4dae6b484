import { createHash } from 'node:crypto'
import { VaultError } from '../../core/errors.js'
import { invalidateFolders } from './cacheTree.js'
import { readIfExists } from '../files/files.js'
import { git } from '../git/git.js'
import { ancestors } from '../files/paths.js'
import { indexFile, type Place } from '../git/place.js'

export interface IndexEntry {
  readonly mode: string
  readonly oid: string
  /** Above 0 for one side of a conflict. */
  readonly stage: number
  /** git's skip-worktree bit: the user excluded the file from the work tree. */
  readonly isSkipWorktree: boolean
}

/** A change of the index. */
export interface NewEntry {
  readonly path: string
  readonly mode: string
  /** The blob; undefined removes the entry. */
  readonly new: string | undefined
}

/** The index's entries at some paths, at their ancestors and below them. */
export interface GitIndex {
  entriesAt(path: string): readonly IndexEntry[]
  /** Whether there is an entry for a file below the path, which is then a folder. */
  hasEntriesBelow(path: string): boolean
  /**
   * Returns the index file's bytes with these entries; undefined if git has to write it. The new entries have no file
   * times, so that git checks these files at the next `git status`.
   */
  withEntries(entries: readonly NewEntry[]): readonly Uint8Array[] | undefined
}

/**
 * Parses the index file, which at 60,000 entries takes a third of the time of `git ls-files`. Uses git for an index that
 * lists only a part of the entries (split or sparse) or compresses their names (version 4).
 */
export async function readIndex(place: Place, paths: Iterable<string>, oidLength: number): Promise<GitIndex> {
  const bytes = readIfExists(indexFile(place))
  if (bytes === undefined) return new ListedIndex([])
  return parseIndex(bytes, paths, oidLength / 2) ?? (await listWithGit(place))
}

async function listWithGit(place: Place): Promise<GitIndex> {
  const { output } = await git(place, ['ls-files', '-z', '-s', '-v'])
  const lines = output.toString('latin1').split('\0').slice(0, -1)
  return new ListedIndex(
    lines.map(line => {
      const match = /^(.) (\d+) ([0-9a-f]+) (\d)\t([^]*)$/.exec(line)
      if (match === null) throw new VaultError('GitFailed', 'unexpected output from git ls-files')
      const [, tag = '', mode = '', oid = '', stage, name = ''] = match
      return [name, { mode, oid, stage: Number(stage), isSkipWorktree: /s/i.test(tag) }]
    })
  )
}

/** Returns the UTF-8 bytes as one character each, because names are compared as bytes. */
const byteString = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')

/** All entries, as `git ls-files` prints them. */
class ListedIndex implements GitIndex {
  readonly #entries = new Map<string, IndexEntry[]>()
  readonly #folders = new Set<string>()

  constructor(entries: readonly (readonly [name: string, entry: IndexEntry])[]) {
    for (const [name, entry] of entries) {
      const before = this.#entries.get(name)
      if (before) before.push(entry)
      else this.#entries.set(name, [entry])
      for (const folder of ancestors(name)) this.#folders.add(folder)
    }
  }

  entriesAt(path: string): readonly IndexEntry[] {
    return this.#entries.get(byteString(path)) ?? []
  }

  hasEntriesBelow(path: string): boolean {
    return this.#folders.has(byteString(path))
  }

  withEntries(): undefined {
    return undefined
  }
}

const HEADER_BYTES = 12
/** The part of an entry before its object id. */
const FIXED_BYTES = 40
const MODE_AT = 24
/** The flag for two more bytes of flags. */
const EXTENDED_FLAG = 0x4000
/** The bits of a name's length. If all are set, the name has that length or more. */
const NAME_LENGTH_MASK = 0xfff

/** The position of a name's entries. If it has none, `start` and `end` are the position where they would be. */
interface Span {
  readonly start: number
  readonly end: number
  readonly entries: readonly IndexEntry[]
  /** Whether the next entry's name begins with this name. */
  readonly isPrefix: boolean
}

/** Returns undefined if only git can read this index. */
function parseIndex(bytes: Buffer, paths: Iterable<string>, idLength: number): GitIndex | undefined {
  if (bytes.length < HEADER_BYTES + idLength || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  if (![2, 3].includes(bytes.readUInt32BE(4))) return undefined
  const names = new Set<string>()
  for (const path of paths) for (const name of [path, `${path}/`, ...ancestors(path)]) names.add(name)
  const found = findSpans(bytes, idLength, names)
  const extensions = found && extensionsOf(bytes, found.end, bytes.length - idLength)
  // an optional extension's name begins with a capital letter
  if (!extensions || extensions.some(({ name }) => !/^[A-Z]/.test(name))) return undefined
  return new FileIndex(bytes, idLength, found, extensions)
}

/** Entries are sorted by the bytes of their names, then by stage. Returns undefined if the bytes are not an index. */
function findSpans(
  bytes: Buffer,
  idLength: number,
  names: Iterable<string>
): { byName: Map<string, Span>; end: number } | undefined {
  const wanted = [...names].map(name => ({ name, key: Buffer.from(name, 'utf8') }))
  wanted.sort((one, other) => Buffer.compare(one.key, other.key))
  const byName = new Map<string, Span>()
  const end = bytes.length - idLength
  let at = HEADER_BYTES
  let next = 0
  /** The position of the first entry of the wanted name; -1 until it is found. */
  let start = -1
  let entries: IndexEntry[] = []
  const close = (isPrefix: boolean): void => {
    byName.set(wanted[next++]!.name, { start: start < 0 ? at : start, end: at, entries, isPrefix })
    start = -1
    entries = []
  }
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const flagsAt = at + FIXED_BYTES + idLength
    if (flagsAt + 4 > end) return undefined
    const flags = bytes.readUInt16BE(flagsAt)
    const nameAt = flagsAt + ((flags & EXTENDED_FLAG) === 0 ? 2 : 4)
    const nameEnd =
      (flags & NAME_LENGTH_MASK) === NAME_LENGTH_MASK
        ? bytes.indexOf(0, nameAt)
        : nameAt + (flags & NAME_LENGTH_MASK)
    if (nameEnd < nameAt || nameEnd >= end) return undefined
    while (next < wanted.length) {
      const { key } = wanted[next]!
      const order = bytes.compare(key, 0, key.length, nameAt, nameEnd)
      if (order < 0) break
      if (order === 0) {
        if (start < 0) start = at
        entries.push(entryOf(bytes, at, idLength))
        break
      }
      close(bytes.compare(key, 0, key.length, nameAt, Math.min(nameEnd, nameAt + key.length)) === 0)
    }
    // padded with one to eight NUL to a multiple of eight
    at += (nameEnd - at + 8) & ~7
  }
  if (at > end) return undefined
  while (next < wanted.length) close(false)
  return { byName, end: at }
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

/** An index parsed from its file. */
class FileIndex implements GitIndex {
  readonly #bytes: Buffer
  readonly #idLength: number
  readonly #spans: ReadonlyMap<string, Span>
  readonly #end: number
  readonly #extensions: readonly Extension[]

  constructor(
    bytes: Buffer,
    idLength: number,
    found: { readonly byName: ReadonlyMap<string, Span>; readonly end: number },
    extensions: readonly Extension[]
  ) {
    this.#bytes = bytes
    this.#idLength = idLength
    this.#spans = found.byName
    this.#end = found.end
    this.#extensions = extensions
  }

  entriesAt(path: string): readonly IndexEntry[] {
    return this.#spans.get(path)?.entries ?? []
  }

  hasEntriesBelow(path: string): boolean {
    return this.#spans.get(`${path}/`)?.isPrefix === true
  }

  withEntries(entries: readonly NewEntry[]): readonly Uint8Array[] | undefined {
    const extensions = this.#updatedExtensions(entries)
    const isClash = ({ path }: NewEntry): boolean =>
      this.hasEntriesBelow(path) || ancestors(path).some(folder => this.entriesAt(folder).length > 0)
    if (extensions === undefined || entries.some(isClash)) return undefined
    const header = Buffer.from(this.#bytes.subarray(0, HEADER_BYTES))
    const parts: Uint8Array[] = [header]
    let count = header.readUInt32BE(8)
    let from = HEADER_BYTES
    for (const entry of sorted(entries)) {
      const span = this.#spans.get(entry.path)
      if (span === undefined) return undefined
      parts.push(this.#bytes.subarray(from, span.start))
      if (entry.new !== undefined) parts.push(entryBytes(entry, entry.new))
      count += (entry.new === undefined ? 0 : 1) - span.entries.length
      from = span.end
    }
    header.writeUInt32BE(count, 8)
    parts.push(this.#bytes.subarray(from, this.#end))
    for (const extension of extensions) parts.push(extension)
    const checksum = createHash(this.#idLength === 32 ? 'sha256' : 'sha1')
    for (const part of parts) checksum.update(part)
    return [...parts, checksum.digest()]
  }

  /** Returns undefined if there is an extension that only git can update. */
  #updatedExtensions(entries: readonly NewEntry[]): Uint8Array[] | undefined {
    const paths = entries.map(({ path }) => path)
    const kept: Uint8Array[] = []
    for (const { name, bytes } of this.#extensions) {
      if (DROPPED_EXTENSIONS.includes(name)) continue
      const after =
        name === 'TREE'
          ? invalidateFolders(bytes, paths, this.#idLength)
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

function sorted(entries: readonly NewEntry[]): NewEntry[] {
  const keyed = entries.map(entry => ({ entry, key: Buffer.from(entry.path, 'utf8') }))
  return keyed.toSorted((one, other) => Buffer.compare(one.key, other.key)).map(({ entry }) => entry)
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
