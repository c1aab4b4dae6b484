import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { ByteReader } from '../git/byteReader.js'
import { CRASH_COMMENT, SCRATCH_REF, removeKeepFiles, removeTraces } from './fastImportTraces.js'
import { Git } from '../git/git.js'
import type { Signature } from './author.js'
import { shown } from '../files/paths.js'
import type { Place } from '../git/place.js'

/** A command that is answered by itself, once the one before it is done. */
const SYNCED = 'progress synced'

/** Each is a pack, and packs that it has open are only gone from the disk when it is. */
const MOST_MADE = 50

export interface ObjectEntry {
  readonly mode: string
  readonly oid: string
}

export interface NewCommit {
  readonly signature: Signature
  readonly message: string
  /** `undefined` removes. */
  readonly files: Iterable<readonly [path: string, file: { mode: string; bytes: Uint8Array } | undefined]>
}

/**
 * One `git fast-import`, for objects only: it reads the newest commit and writes the next, in one process
 * and one synced pack. Its own update of a branch is no compare-and-swap: it undoes a reset.
 */
export class FastImport {
  readonly #place: Place
  readonly #git: Git
  readonly #answers: ByteReader
  #queue: Promise<unknown> = Promise.resolve()
  #ending = false
  #hasDied = false
  /** How many times it has made commits, when it began to last, and whether a branch leads to these. */
  #made = 0
  #begun = Date.now()
  #isSettled = true

  constructor(place: Place) {
    this.#place = place
    // --done: without it, the end of input makes a commit of what has arrived so far.
    this.#git = new Git(place, ['fast-import', '--quiet', '--done', '--date-format=raw'])
    this.#answers = new ByteReader(this.#git.child.stdout)
    this.#git.child.stdin.write(`${CRASH_COMMENT}\n`)
  }

  /**
   * As when git's housekeeping (`git gc --prune=now`) takes the pack away that is being written. Nothing refers to what
   * it made: another may begin anew.
   */
  get hasDied(): boolean {
    return this.#hasDied
  }

  /** One name in one tree (or in a commit's root tree); undefined when it is not there. */
  entry(treeish: string, name: string): Promise<ObjectEntry | undefined> {
    return this.#ask(`ls ${treeish} ${quoted(name)}\n`, async () => {
      const line = (await this.#line()).toString('latin1')
      if (line.startsWith('missing ')) return undefined
      const match = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t/.exec(line)
      if (match === null) throw this.#unexpected(line)
      return { mode: match[1]!, oid: match[2]! }
    })
  }

  /** Undefined when it is longer than `limit`: then its bytes are passed over, never held. */
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
   * Makes commits, the first on `parent` and each other on the one before it, and resolves with their ids when all
   * objects are synced. Until `settle` housekeeping keeps away from their pack, which no branch leads to yet.
   */
  commit(parent: string | undefined, commits: readonly NewCommit[]): Promise<string[]> {
    return this.#inTurn(async () => {
      this.#made++
      this.#begun = Date.now()
      this.#isSettled = false
      this.#git.child.stdin.write(streamOf(parent, commits))
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

  /** Whether it can make further commits. Not for ever: it remembers each object. */
  get mayStay(): boolean {
    return !this.#ending && !this.#hasDied && this.#made < MOST_MADE
  }

  /** A branch leads to what was made: housekeeping may have the pack. For the holder of the vault's lock. */
  settle(): void {
    removeKeepFiles(this.#place, this.#begun)
    this.#isSettled = true
  }

  /** Whether the program waits for it to end. */
  hold(isHeld: boolean): void {
    this.#git.hold(isHeld)
  }

  /** Ends it without a trace; does nothing when it has ended already. */
  async end(): Promise<void> {
    if (!this.#ending) this.#git.child.stdin.end('done\n')
    this.#ending = true
    // What it was to answer is wanted no more.
    this.#git.child.stdout.resume()
    const exit = await this.#git.exit.catch(() => undefined)
    // Killed after its objects were synced, it has not taken its mark from their pack.
    if (!this.#isSettled && exit?.code !== 0) removeTraces(this.#place, this.#begun)
    this.#removeReport()
  }

  /** It answers in the order in which it is asked: nobody waits with a question for another's answer. */
  #ask<T>(question: string, answer: () => Promise<T>): Promise<T> {
    const { stdin } = this.#git.child
    // what many ask in one instant goes out in one piece
    if (stdin.writableCorked === 0) {
      stdin.cork()
      process.nextTick(() => stdin.uncork())
    }
    stdin.write(question)
    return this.#inTurn(answer)
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
    removeTraces(this.#place, this.#begun)
    return this.#git.failure(exit)
  }

  #unexpected(line: string): VaultError {
    return new VaultError('GitFailed', `git fast-import answered ${shown(line)}`)
  }

  /** It leaves one wherever it dies: commands and paths, no content. */
  #removeReport(): void {
    const { pid } = this.#git.child
    if (pid !== undefined) rmSync(join(this.#place.gitDir, `fast_import_crash_${pid}`), { force: true })
  }
}

function streamOf(parent: string | undefined, commits: readonly NewCommit[]): Buffer {
  const parts: (string | Uint8Array)[] = []
  // The commit that was read, by its id: `^0` of a branch would be whatever it is by now.
  let from = parent
  for (const [at, { signature, message, files }] of commits.entries()) {
    const { author, committer, date } = signature
    parts.push(
      `commit ${SCRATCH_REF}\nmark :${at + 1}\n`,
      `author ${author.name} <${author.email}> ${date}\n`,
      `committer ${committer.name} <${committer.email}> ${date}\n`,
      ...counted(Buffer.from(message, 'utf8')),
      from === undefined ? '' : `from ${from}\n`
    )
    for (const [path, file] of files) {
      if (file === undefined) parts.push(`D ${quoted(path)}\n`)
      else parts.push(`M ${file.mode} inline ${quoted(path)}\n`, ...counted(file.bytes))
    }
    parts.push('\n')
    from = `:${at + 1}`
  }
  for (const at of commits.keys()) parts.push(`get-mark :${at + 1}\n`)
  parts.push(`reset ${SCRATCH_REF}\n\ncheckpoint\n\n${SYNCED}\n\n`)
  return Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)))
}

/** By length, so that no content can end its own data. */
const counted = (bytes: Uint8Array): (string | Uint8Array)[] => [`data ${bytes.length}\n`, bytes, '\n']

function quoted(path: string): string {
  let text = ''
  for (const byte of Buffer.from(path, 'utf8')) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    text += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `"${text}"`
}

/** A blob's id, which git would compute; ids of 64 digits are SHA-256. */
export function blobId(bytes: Uint8Array, length: number): string {
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex')
}
