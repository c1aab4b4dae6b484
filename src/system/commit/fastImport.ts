import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { ByteReader } from '../git/byteReader.js'
import { CRASH_COMMENT, SCRATCH_REF, removeKeepFiles, removeLeftovers } from './fastImportTraces.js'
import { Git } from '../git/git.js'
import type { Signature } from './author.js'
import { shown } from '../files/paths.js'
import type { Place } from '../git/place.js'

/** fast-import prints this command when the one before it is done. */
const SYNCED = 'progress synced'

/** The size of the pieces in which a stream is written. */
const PIECE = 1 << 18

/** Each call makes a pack. A deleted pack takes up disk space as long as the process has it open. */
const MAX_COMMIT_CALLS = 50

export interface ObjectEntry {
  readonly mode: string
  readonly oid: string
}

export interface NewCommit {
  readonly signature: Signature
  readonly message: string
  /** `undefined` removes the file. */
  readonly files: Iterable<readonly [path: string, file: { mode: string; bytes: Uint8Array } | undefined]>
  /** The parents of a merge after the first. */
  readonly others?: readonly string[]
  /** Trees that replace folders before `files` is applied; the path `''` is the whole commit. */
  readonly trees?: Iterable<readonly [path: string, tree: string]>
}

/**
 * One `git fast-import`, used only for objects: it reads the newest commit and writes the next, in one process and one
 * synced pack. It does not move the branch, because its own ref update is not a compare-and-swap: it would undo a reset.
 */
export class FastImport {
  readonly #place: Place
  readonly #git: Git
  readonly #answers: ByteReader
  #queue: Promise<unknown> = Promise.resolve()
  #ending = false
  #hasDied = false
  #commitCalls = 0
  /** While the stream of a commit is written, which nothing may interrupt. */
  #sending: Promise<void> | undefined
  /** When the last call of `commit` began, or when the process was started. */
  #since = Date.now()
  /** Whether git's housekeeping may delete or repack the packs made so far. */
  #isReleased = true

  constructor(place: Place) {
    this.#place = place
    // without --done, an early end of input would commit what has arrived so far
    this.#git = new Git(place, ['fast-import', '--quiet', '--done', '--date-format=raw'])
    this.#answers = new ByteReader(this.#git.child.stdout)
    this.#git.child.stdin.write(`${CRASH_COMMENT}\n`)
  }

  /**
   * For example because git's housekeeping (`git gc --prune=now`) deleted the pack that is being written. Nothing refers
   * to its objects, so another process can start again.
   */
  get hasDied(): boolean {
    return this.#hasDied
  }

  /** Whether it died because a file that it was writing had been deleted. */
  get hasLostFiles(): boolean {
    return this.#hasDied && /No such file or directory/.test(this.#git.stderr)
  }

  /** Returns one entry of a tree, or of a commit's root tree; undefined if it does not exist. */
  entry(treeish: string, name: string): Promise<ObjectEntry | undefined> {
    return this.#ask(`ls ${treeish} ${quoted(name)}\n`, async () => {
      const line = (await this.#line()).toString('latin1')
      if (line.startsWith('missing ')) return undefined
      const match = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t/.exec(line)
      if (match === null) throw this.#unexpected(line)
      return { mode: match[1]!, oid: match[2]! }
    })
  }

  /** Returns undefined if the blob is longer than `limit`; its bytes are then skipped, not kept in memory. */
  blob(oid: string, limit: number): Promise<Buffer | undefined> {
    return this.#ask(`cat-blob ${oid}\n`, async () => {
      const line = (await this.#line()).toString('latin1')
      const size = Number(/^[0-9a-f]+ blob (\d+)$/.exec(line)?.[1] ?? NaN)
      if (Number.isNaN(size)) throw this.#unexpected(line)
      if (size > limit) {
        if (!(await this.#answers.skip(size + 1))) throw await this.#died()
        return undefined
      }
      const bytes = await this.#answers.bytes(size + 1)
      if (bytes === undefined) throw await this.#died()
      return bytes.subarray(0, size)
    })
  }

  /**
   * Makes commits, the first on `parent` and each other on the one before it. Resolves with their ids when all objects are
   * synced. Until `releasePacks`, a keep file protects their pack from housekeeping, because no branch leads to it yet.
   */
  commit(parent: string | undefined, commits: readonly NewCommit[]): Promise<string[]> {
    return this.#inTurn(async () => {
      this.#commitCalls++
      this.#since = Date.now()
      this.#isReleased = false
      this.#sending = this.#send(streamOf(parent, commits))
      await this.#sending
      this.#sending = undefined
      const oids: string[] = []
      while (oids.length < commits.length) {
        const oid = (await this.#line()).toString('latin1')
        if (!/^[0-9a-f]{40,64}$/.test(oid)) throw this.#unexpected(oid)
        oids.push(oid)
      }
      const synced = (await this.#line()).toString('latin1')
      if (synced !== SYNCED) throw this.#unexpected(synced)
      return oids
    })
  }

  /** Whether it can make further commits. Their number is limited, because it keeps every object in memory. */
  get isReusable(): boolean {
    return !this.#ending && !this.#hasDied && this.#commitCalls < MAX_COMMIT_CALLS
  }

  /**
   * Removes the keep files of its packs. To be called when a branch leads to the new commits, by the holder of the vault's
   * lock.
   */
  releasePacks(): void {
    removeKeepFiles(this.#place, this.#since)
    this.#isReleased = true
  }

  /** As `Git.keepAlive`. */
  keepAlive(isKept: boolean): void {
    this.#git.keepAlive(isKept)
  }

  /** Ends the process and removes its leftover files. Does nothing if it has ended. */
  async end(): Promise<void> {
    if (!this.#ending) this.#git.child.stdin.end('done\n')
    this.#ending = true
    // discards pending answers
    this.#git.child.stdout.resume()
    const exit = await this.#git.exit.catch(() => undefined)
    // a killed process does not remove its keep files
    if (!this.#isReleased && exit?.code !== 0) removeLeftovers(this.#place, this.#since)
    this.#removeReport()
  }

  /** Sends a command without waiting for earlier answers: fast-import answers in order. */
  #ask<T>(command: string, readAnswer: () => Promise<T>): Promise<T> {
    if (this.#sending) return this.#sending.then(async () => this.#ask(command, readAnswer))
    const { stdin } = this.#git.child
    // commands of the same tick are sent in one piece
    if (stdin.writableCorked === 0) {
      stdin.cork()
      process.nextTick(() => stdin.uncork())
    }
    stdin.write(command)
    return this.#inTurn(readAnswer)
  }

  /** Writes a stream in pieces, each when git has read the one before, so that a large one is never in memory as a whole. */
  async #send(parts: Iterable<string | Uint8Array>): Promise<void> {
    let piece: Uint8Array[] = []
    let length = 0
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
      piece.push(bytes)
      length += bytes.length
      if (length < PIECE) continue
      await this.#written(Buffer.concat(piece))
      piece = []
      length = 0
    }
    this.#git.child.stdin.write(Buffer.concat(piece))
  }

  /** Resolves when git has read the bytes, or has ended. */
  #written(bytes: Uint8Array): Promise<void> {
    return new Promise(resolve => {
      this.#git.child.stdin.write(bytes, () => resolve())
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #line(): Promise<Buffer> {
    return (await this.#answers.line()) ?? Promise.reject(await this.#died())
  }

  async #died(): Promise<VaultError> {
    this.#hasDied = true
    this.#git.child.stdin.end()
    const exit = await this.#git.exit
    this.#removeReport()
    removeLeftovers(this.#place, this.#since)
    return this.#git.failure(exit)
  }

  #unexpected(line: string): VaultError {
    return new VaultError('GitFailed', `unexpected output from git fast-import: ${shown(line)}`)
  }

  /** Removes the crash report, which a failed fast-import writes. It has commands and paths, but no content. */
  #removeReport(): void {
    const { pid } = this.#git.child
    if (pid !== undefined) rmSync(join(this.#place.gitDir, `fast_import_crash_${pid}`), { force: true })
  }
}

function* streamOf(
  parent: string | undefined,
  commits: readonly NewCommit[]
): Generator<string | Uint8Array> {
  // the id of the commit that was read: a branch's name could mean another commit by now
  let from = parent
  for (const [at, { signature, message, files, others = [], trees = [] }] of commits.entries()) {
    const { author, committer, date } = signature
    yield `commit ${SCRATCH_REF}\nmark :${at + 1}\n`
    yield `author ${author.name} <${author.email}> ${date}\n`
    yield `committer ${committer.name} <${committer.email}> ${date}\n`
    yield* counted(Buffer.from(message, 'utf8'))
    if (from !== undefined) yield `from ${from}\n`
    for (const other of others) yield `merge ${other}\n`
    for (const [path, tree] of trees) yield `M 040000 ${tree} ${quoted(path)}\n`
    for (const [path, file] of files) {
      if (file === undefined) yield `D ${quoted(path)}\n`
      else {
        yield `M ${file.mode} inline ${quoted(path)}\n`
        yield* counted(file.bytes)
      }
    }
    yield '\n'
    from = `:${at + 1}`
  }
  for (const at of commits.keys()) yield `get-mark :${at + 1}\n`
  yield `reset ${SCRATCH_REF}\n\ncheckpoint\n\n${SYNCED}\n\n`
}

/** Gives the length in advance, so that no content can end its own data. */
const counted = (bytes: Uint8Array): (string | Uint8Array)[] => [`data ${bytes.length}\n`, bytes, '\n']

function quoted(path: string): string {
  let text = ''
  for (const byte of Buffer.from(path, 'utf8')) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    text += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `"${text}"`
}

/**
 * Returns the id that git computes for a blob.
 * @param length the length of ids, in hexadecimal digits: 40 for SHA-1, 64 for SHA-256
 */
export function blobId(bytes: Uint8Array, length: number): string {
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex')
}
