import { ancestors } from '../files/paths.js'

const NUL = 0
const NEWLINE = 10
const SPACE = 32
const MINUS = 45

/**
 * The index's `TREE` extension: for folders whose entries all are in trees already, the ids of these. Folders on the way
 * to a changed path lose theirs. Undefined when it is not understood.
 */
export function invalidated(bytes: Buffer, changed: readonly string[], hash: number): Uint8Array | undefined {
  const walk = new Walk(bytes, new Set(['', ...changed.flatMap(ancestors)]), hash)
  return walk.node('', '') && walk.at === bytes.length ? walk.result() : undefined
}

/**
 * A node: its name, NUL, the number of entries beneath it (below 0: has lost its id), a space, the number of its
 * subfolders, a newline, its id; then its subfolders' nodes.
 */
class Walk {
  at = 0
  readonly #bytes: Buffer
  readonly #changed: ReadonlySet<string>
  readonly #hash: number
  readonly #parts: Uint8Array[] = []
  /** What has not been copied yet begins here. */
  #from = 0

  constructor(bytes: Buffer, changed: ReadonlySet<string>, hash: number) {
    this.#bytes = bytes
    this.#changed = changed
    this.#hash = hash
  }

  /** False when the bytes are no node. */
  node(parent: string, slash: string): boolean {
    const start = this.at
    const nameEnd = this.#bytes.indexOf(NUL, start)
    if (nameEnd < 0) return false
    const folder = `${parent}${slash}${this.#bytes.toString('utf8', start, nameEnd)}`
    const isChanged = this.#changed.has(folder)
    let subfolders = this.#numbers()
    if (subfolders === undefined) return false
    if (isChanged) {
      this.#parts.push(
        this.#bytes.subarray(this.#from, nameEnd + 1),
        Buffer.from(`-1 ${subfolders}\n`, 'latin1')
      )
      this.#from = this.at
    }
    for (; subfolders > 0; subfolders--) {
      if (!(isChanged ? this.node(folder, folder === '' ? '' : '/') : this.#skip())) return false
    }
    return true
  }

  result(): Uint8Array {
    return Buffer.concat([...this.#parts, this.#bytes.subarray(this.#from)])
  }

  /** Passes over a node, to which and beneath which nothing has changed. */
  #skip(): boolean {
    for (let left = 1; left > 0; left--) {
      const subfolders = this.#numbers()
      if (subfolders === undefined) return false
      left += subfolders
    }
    return true
  }

  /** Passes over one node without its subfolders' nodes, and tells how many these are. */
  #numbers(): number | undefined {
    const bytes = this.#bytes
    let at = this.at
    while (at < bytes.length && bytes[at] !== NUL) at++
    const hasId = bytes[++at] !== MINUS
    while (at < bytes.length && bytes[at] !== SPACE) at++
    let subfolders = 0
    for (at++; at < bytes.length && bytes[at] !== NEWLINE; at++)
      subfolders = subfolders * 10 + bytes[at]! - 48
    at += 1 + (hasId ? this.#hash : 0)
    if (at > bytes.length || !Number.isSafeInteger(subfolders) || subfolders < 0) return undefined
    this.at = at
    return subfolders
  }
}
