import { VaultError } from '../../core/errors.js'
import { ByteReader } from './byteReader.js'
import { Git } from './git.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Reads objects with one long-running `git cat-file`. Between reads it does not keep the program alive, and it ends when
 * its input is closed.
 */
export class Blobs {
  readonly #git: Git
  readonly #answers: ByteReader
  #queue: Promise<unknown> = Promise.resolve()
  #pending = 0

  constructor(place: Place) {
    this.#git = new Git(place, ['cat-file', '--batch-command'])
    this.#answers = new ByteReader(this.#git.child.stdout)
    this.#git.keepAlive(false)
  }

  /** Returns undefined if the blob is missing, as in a partial clone, or is longer than `limit`. */
  read(oid: string, limit: number): Promise<Uint8Array | undefined> {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) return Promise.resolve(undefined)
    return this.#inTurn(() => this.#ask(oid, 'blob', limit))
  }

  /** Returns the tree object of a tree's or commit's id; undefined if it is missing. */
  folder(oid: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(() => this.#ask(`${oid}^{tree}`, 'tree', Infinity))
  }

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.#git.keepAlive(true)
    const turn = this.#queue.then(ask)
    const done = turn.finally(() => {
      if (--this.#pending === 0) this.#git.keepAlive(false)
    })
    this.#queue = done.catch(() => undefined)
    return done
  }

  async close(): Promise<void> {
    await this.#queue
    this.#git.keepAlive(true)
    this.#git.child.stdin.end()
    await this.#git.exit.catch(() => undefined)
  }

  async #ask(object: string, kind: 'blob' | 'tree', limit: number): Promise<Uint8Array | undefined> {
    const size = await this.#header(`info ${object}`, kind)
    if (size === undefined || size > limit) return undefined
    await this.#header(`contents ${object}`, kind)
    const bytes = await this.#answers.bytes(size + 1)
    if (bytes === undefined) throw this.#git.failure(await this.#git.exit)
    return bytes.subarray(0, size)
  }

  async #header(command: string, kind: 'blob' | 'tree'): Promise<number | undefined> {
    this.#git.child.stdin.write(`${command}\n`)
    const line = (await this.#answers.line())?.toString('latin1')
    if (line === undefined) throw this.#git.failure(await this.#git.exit)
    if (line.endsWith(' missing')) return undefined
    const match = /^[0-9a-f]+ ([a-z]+) (\d+)$/.exec(line)
    if (match === null)
      throw new VaultError('GitFailed', `unexpected output from git cat-file: ${shown(line)}`)
    return match[1] === kind ? Number(match[2]) : undefined
  }
}
