import { createHash } from 'node:crypto'
import { VaultError } from '../../core/errors.js'
import { invalidated } from './cacheTree.js'
import { readIfThere } from '../files/files.js'
import { git } from '../git/git.js'
import { ancestors } from '../files/paths.js'
import { indexFile, type Place } from '../git/place.js'

export interface IndexEntry {
  readonly mode: string
  readonly oid: string
  /** Above 0: one side of a conflict. */
  readonly stage: number
  /** The user told git to leave the file out of the work tree. */
  readonly skipped: boolean
}

/** What the index is to say of a file: all but `path` and `mode` undefined, nothing. */
export interface NewEntry {
  readonly path: string
  readonly mode: string
  readonly new: string | undefined
}

/** What the index says at some paths, at their ancestors, and beneath them. */
export interface GitIndex {
  at(path: string): readonly IndexEntry[]
  /** An entry for a file beneath the path, which is then no file itself. */
  beneath(path: string): boolean
  /**
   * The index file with other entries at some of these paths; undefined where git has to write it. git is told of the
   * blobs and of no file's times, so that it looks at these files when it is next asked.
   */
  edited(entries: readonly NewEntry[]): readonly Uint8Array[] | undefined
}

/**
 * Reads the index natively: at 60,000 entries a third of what `git ls-files` costs. What lists only a part of the entries
 * (a split or sparse index), or shortens their names (version 4), is left to git.
 */
export async function readIndex(place: Place, paths: Iterable<string>, oidLength: number): Promise<GitIndex> {
  const bytes = readIfThere(indexFile(place))
  if (bytes === undefined) return new ListedIndex([])
  return readNatively(bytes, paths, oidLength / 2) ?? (await askGit(place))
}

async function askGit(place: Place): Promise<GitIndex> {
  const { output } = await git(place, ['ls-files', '-z', '-s', '-v'])
  const lines = output.toString('latin1').split('\0').slice(0, -1)
  return new ListedIndex(
    lines.map(line => {
      const match = /^(.) (\d+) ([0-9a-f]+) (\d)\t([^]*)$/.exec(line)
      if (match === null) throw new VaultError('GitFailed', 'git ls-files answered something unexpected')
      const [, tag = '', mode = '', oid = '', stage, name = ''] = match
      return [name, { mode, oid, stage: Number(stage), skipped: /s/i.test(tag) }]
    })
  )
}

/** Names are compared as bytes, one character each. */
const byteString = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')

/** All entries, as git tells them. */
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

  at(path: string): readonly IndexEntry[] {
    return this.#entries.get(byteString(path)) ?? []
  }

  beneath(path: string): boolean {
    return this.#folders.has(byteString(path))
  }

  edited(): undefined {
    return undefined
  }
}

const HEADER = 12
/** An entry's numbers before its object id. */
const FIXED = 40
const MODE_AT = 24
/** The bit for two more bytes of flags. */
const EXTENDED = 0x4000
/** The bits for a name's length; all of them set, it is that long or longer. */
const NAME_LENGTH = 0xfff

/** Where the entries of a name are, or where they would be: then `start` is `end`. */
interface Span {
  readonly start: number
  readonly end: number
  readonly entries: readonly IndexEntry[]
  /** Whether the entry there begins with the name. */
  readonly isPrefix: boolean
}

/** Undefined when git has to be asked. */
function readNatively(bytes: Buffer, paths: Iterable<string>, hash: number): GitIndex | undefined {
  if (bytes.length < HEADER + hash || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  if (![2, 3].includes(bytes.readUInt32BE(4))) return undefined
  const names = new Set<string>()
  for (const path of paths) for (const name of [path, `${path}/`, ...ancestors(path)]) names.add(name)
  const found = spans(bytes, hash, names)
  const extensions = found && extensionsOf(bytes, found.end, bytes.length - hash)
  // Those that may be passed over have a capital letter first.
  if (!extensions || extensions.some(({ name }) => !/^[A-Z]/.test(name))) return undefined
  return new FileIndex(bytes, hash, found, extensions)
}

/** Entries in the order of their names, as bytes; of one name, by stage. */
function spans(
  bytes: Buffer,
  hash: number,
  names: Iterable<string>
): { byName: Map<string, Span>; end: number } | undefined {
  const wanted = [...names].map(name => ({ name, key: Buffer.from(name, 'utf8') }))
  wanted.sort((one, other) => Buffer.compare(one.key, other.key))
  const byName = new Map<string, Span>()
  const end = bytes.length - hash
  let at = HEADER
  let next = 0
  /** Of the entries at hand, where the first of the name that is looked for begins. */
  let start = -1
  let entries: IndexEntry[] = []
  const close = (isPrefix: boolean): void => {
    byName.set(wanted[next++]!.name, { start: start < 0 ? at : start, end: at, entries, isPrefix })
    start = -1
    entries = []
  }
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const flagsAt = at + FIXED + hash
    if (flagsAt + 4 > end) return undefined
    const flags = bytes.readUInt16BE(flagsAt)
    const nameAt = flagsAt + ((flags & EXTENDED) === 0 ? 2 : 4)
    const nameEnd =
      (flags & NAME_LENGTH) === NAME_LENGTH ? bytes.indexOf(0, nameAt) : nameAt + (flags & NAME_LENGTH)
    if (nameEnd < nameAt || nameEnd >= end) return undefined
    while (next < wanted.length) {
      const { key } = wanted[next]!
      const order = bytes.compare(key, 0, key.length, nameAt, nameEnd)
      if (order < 0) break
      if (order === 0) {
        if (start < 0) start = at
        entries.push(entryOf(bytes, at, hash))
        break
      }
      close(bytes.compare(key, 0, key.length, nameAt, Math.min(nameEnd, nameAt + key.length)) === 0)
    }
    // Padded with one to eight NUL to a multiple of eight.
    at += (nameEnd - at + 8) & ~7
  }
  if (at > end) return undefined
  while (next < wanted.length) close(false)
  return { byName, end: at }
}

function entryOf(bytes: Buffer, at: number, hash: number): IndexEntry {
  const flags = bytes.readUInt16BE(at + FIXED + hash)
  const more = (flags & EXTENDED) === 0 ? 0 : bytes.readUInt16BE(at + FIXED + hash + 2)
  const mode = bytes.readUInt32BE(at + MODE_AT)
  return {
    mode: mode.toString(8).padStart(6, '0'),
    oid: bytes.toString('hex', at + FIXED, at + FIXED + hash),
    stage: (flags >> 12) & 3,
    skipped: (more & 0x4000) !== 0
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

/** Kept as they are, or left out: an offset of the extensions, and of blocks of entries, which git can do without. */
const KEPT = ['REUC']
const LEFT_OUT = ['EOIE', 'IEOT']

/** The file itself. */
class FileIndex implements GitIndex {
  readonly #bytes: Buffer
  readonly #hash: number
  readonly #spans: ReadonlyMap<string, Span>
  readonly #end: number
  readonly #extensions: readonly Extension[]

  constructor(
    bytes: Buffer,
    hash: number,
    found: { readonly byName: ReadonlyMap<string, Span>; readonly end: number },
    extensions: readonly Extension[]
  ) {
    this.#bytes = bytes
    this.#hash = hash
    this.#spans = found.byName
    this.#end = found.end
    this.#extensions = extensions
  }

  at(path: string): readonly IndexEntry[] {
    return this.#spans.get(path)?.entries ?? []
  }

  beneath(path: string): boolean {
    return this.#spans.get(`${path}/`)?.isPrefix === true
  }

  edited(entries: readonly NewEntry[]): readonly Uint8Array[] | undefined {
    const extensions = this.#extensionsBut(entries)
    const isClash = ({ path }: NewEntry): boolean =>
      this.beneath(path) || ancestors(path).some(folder => this.at(folder).length > 0)
    if (extensions === undefined || entries.some(isClash)) return undefined
    const header = Buffer.from(this.#bytes.subarray(0, HEADER))
    const parts: Uint8Array[] = [header]
    let count = header.readUInt32BE(8)
    let from = HEADER
    for (const entry of sorted(entries)) {
      const span = this.#spans.get(entry.path)
      if (span === undefined) return undefined
      parts.push(this.#bytes.subarray(from, span.start))
      if (entry.new !== undefined) parts.push(entryBytes(entry, entry.new))
      count += (entry.new === undefined ? 0 : 1) - span.entries.length
      from = span.end
    }
    header.writeUInt32BE(count, 8)
    parts.push(this.#bytes.subarray(from, this.#end), ...extensions)
    const checksum = createHash(this.#hash === 32 ? 'sha256' : 'sha1')
    for (const part of parts) checksum.update(part)
    return [...parts, checksum.digest()]
  }

  /** Undefined where one is there that says something of the entries that only git can keep true. */
  #extensionsBut(entries: readonly NewEntry[]): Uint8Array[] | undefined {
    const paths = entries.map(({ path }) => path)
    const kept: Uint8Array[] = []
    for (const { name, bytes } of this.#extensions) {
      if (LEFT_OUT.includes(name)) continue
      const after =
        name === 'TREE' ? invalidated(bytes, paths, this.#hash) : KEPT.includes(name) ? bytes : undefined
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

/** An entry without a file's times, size and place: with them, git would not look at the file. */
function entryBytes({ path, mode }: NewEntry, oid: string): Buffer {
  const id = Buffer.from(oid, 'hex')
  const name = Buffer.from(path, 'utf8')
  const flagsAt = FIXED + id.length
  const nameAt = flagsAt + 2
  const bytes = Buffer.alloc((nameAt + name.length + 8) & ~7)
  bytes.writeUInt32BE(Number.parseInt(mode, 8), MODE_AT)
  id.copy(bytes, FIXED)
  bytes.writeUInt16BE(Math.min(name.length, NAME_LENGTH), flagsAt)
  name.copy(bytes, nameAt)
  return bytes
}
