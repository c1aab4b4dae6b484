import { VaultError } from '../../core/errors.js'
import { ByteReader } from './byteReader.js'
import { Git } from './git.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

type Kind = 'blob' | 'tree' | 'commit'

/**
 * Reads objects with one long-running `git cat-file`. Between reads it does not keep the program alive, and it ends when
 * its input is closed. A process that was killed is replaced, because a server may need it for months.
 */
export class Blobs {
  readonly #place: Place
  #process: CatFile
  #queue: Promise<unknown> = Promise.resolve()
  #pending = 0

  constructor(place: Place) {
    this.#place = place
    this.#process = new CatFile(place)
  }

  /** Returns undefined if the blob is missing, as in a partial clone, or is longer than `limit`. */
  read(oid: string, limit: number): Promise<Uint8Array | undefined> {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) return Promise.resolve(undefined)
    return this.#inTurn(process => process.ask(oid, 'blob', limit))
  }

  /** Returns the tree object of a tree's or commit's id; undefined if it is missing. */
  folder(oid: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(process => process.ask(`${oid}^{tree}`, 'tree', Infinity))
  }

  /** Whether the repository has a commit of this full id. */
  async hasCommit(oid: string): Promise<boolean> {
    return (await this.#inTurn(process => process.size(oid, 'commit'))) !== undefined
  }

  #inTurn<T>(ask: (process: CatFile) => Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.#process.git.keepAlive(true)
    const turn = this.#queue.then(() => this.#restarting(ask))
    const done = turn.finally(() => {
      if (--this.#pending === 0) this.#process.git.keepAlive(false)
    })
    this.#queue = done.catch(() => undefined)
    return done
  }

  /** Asks once more if the process ends meanwhile, and only once, because some causes last. */
  async #restarting<T>(ask: (process: CatFile) => Promise<T>): Promise<T> {
    if (this.#process.hasFailed) this.#restart()
    try {
      return await ask(this.#process)
    } catch (error) {
      if (!this.#process.hasFailed) throw error
      this.#restart()
      return ask(this.#process)
    }
  }

  #restart(): void {
    this.#process.git.child.kill()
    this.#process = new CatFile(this.#place)
    this.#process.git.keepAlive(true)
  }

  async close(): Promise<void> {
    await this.#queue
    const { git } = this.#process
    git.keepAlive(true)
    git.child.stdin.end()
    await git.exit.catch(() => undefined)
  }
}

/** One `git cat-file`. */
class CatFile {
  readonly git: Git
  readonly #answers: ByteReader
  /** Whether the process has ended, or an answer of it was not understood: what follows could be part of that answer. */
  hasFailed = false

  constructor(place: Place) {
    this.git = new Git(place, ['cat-file', '--batch-command'])
    this.#answers = new ByteReader(this.git.child.stdout)
    this.git.keepAlive(false)
    const failed = (): void => void (this.hasFailed = true)
    this.git.exit.then(failed, failed)
  }

  async ask(object: string, kind: Kind, limit: number): Promise<Uint8Array | undefined> {
    const size = await this.size(object, kind)
    if (size === undefined || size > limit) return undefined
    // git's housekeeping may have deleted it since
    const length = await this.#header(`contents ${object}`, kind)
    if (length === undefined) return undefined
    const bytes = await this.#answers.bytes(length + 1)
    return bytes === undefined ? this.#ended() : bytes.subarray(0, length)
  }

  /** Returns the size of an object in bytes; undefined if there is none of that kind. */
  size(object: string, kind: Kind): Promise<number | undefined> {
    return this.#header(`info ${object}`, kind)
  }

  async #header(command: string, kind: Kind): Promise<number | undefined> {
    this.git.child.stdin.write(`${command}\n`)
    const line = (await this.#answers.line())?.toString('latin1')
    if (line === undefined) return this.#ended()
    if (line.endsWith(' missing')) return undefined
    const match = /^[0-9a-f]+ ([a-z]+) (\d+)$/.exec(line)
    if (match === null) {
      this.hasFailed = true
      throw new VaultError('GitFailed', `unexpected output from git cat-file: ${shown(line)}`)
    }
    return match[1] === kind ? Number(match[2]) : undefined
  }

  async #ended(): Promise<never> {
    this.hasFailed = true
    throw this.git.failure(await this.git.exit)
  }
}
