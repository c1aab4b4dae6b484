import { VaultError } from '../../core/errors.js'
import { ByteReader } from './byteReader.js'
import { Git } from './git.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Old versions of files by their blob ids, from one `git cat-file` that lives as long as it is asked. While
 * it is not, it does not keep the program from ending, and its end of input ends it.
 */
export class Blobs {
  readonly #git: Git
  readonly #answers: ByteReader
  #queue: Promise<unknown> = Promise.resolve()
  #pending = 0

  constructor(place: Place) {
    this.#git = new Git(place, ['cat-file', '--batch-command'])
    this.#answers = new ByteReader(this.#git.child.stdout)
    this.#hold(false)
  }

  /** Undefined when there is no such blob here, as in a partial clone, or it is longer than `limit`. */
  read(oid: string, limit: number): Promise<Uint8Array | undefined> {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) return Promise.resolve(undefined)
    return this.#inTurn(() => this.#ask(oid, 'blob', limit))
  }

  /** A folder as git keeps it, given by the id of a tree or of a commit; undefined when it is not here. */
  folder(oid: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(() => this.#ask(`${oid}^{tree}`, 'tree', Infinity))
  }

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.#hold(true)
    const turn = this.#queue.then(ask)
    const done = turn.finally(() => {
      if (--this.#pending === 0) this.#hold(false)
    })
    this.#queue = done.catch(() => undefined)
    return done
  }

  async close(): Promise<void> {
    await this.#queue
    this.#hold(true)
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
    if (match === null) throw new VaultError('GitFailed', `git cat-file answered ${shown(line)}`)
    return match[1] === kind ? Number(match[2]) : undefined
  }

  #hold(isHeld: boolean): void {
    const { child } = this.#git
    // Pipes to a child are sockets, which the stream types do not say.
    const held = [child, child.stdin, child.stdout, child.stderr] as unknown as {
      ref(): void
      unref(): void
    }[]
    for (const handle of held) {
      if (isHeld) handle.ref()
      else handle.unref()
    }
  }
}
