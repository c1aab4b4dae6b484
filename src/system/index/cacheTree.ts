const NUL = 0
const NEWLINE = 10
const SPACE = 32
const MINUS = 45

/**
 * Returns the index's `TREE` extension (the tree ids of unchanged folders) without the ids of the changed folders and of
 * the root. Returns undefined if the bytes are malformed.
 */
export function invalidateFolders(
  bytes: Buffer,
  changed: ReadonlySet<string>,
  idLength: number
): Uint8Array | undefined {
  const walk = new TreeWalk(bytes, changed, idLength)
  return walk.node('', '') && walk.at === bytes.length ? walk.result() : undefined
}

/**
 * A node is a name, NUL, the number of entries below it (negative if it has no id), a space, the number of subfolders, a
 * newline and the id, followed by the nodes of its subfolders.
 */
class TreeWalk {
  at = 0
  readonly #bytes: Buffer
  readonly #changed: ReadonlySet<string>
  readonly #idLength: number
  readonly #parts: Uint8Array[] = []
  /** The start of the bytes that have not been copied yet. */
  #from = 0

  constructor(bytes: Buffer, changed: ReadonlySet<string>, idLength: number) {
    this.#bytes = bytes
    this.#changed = changed
    this.#idLength = idLength
  }

  /** Reads a node and its subfolders. Returns false if the bytes are malformed. */
  node(parent: string, slash: string): boolean {
    const start = this.at
    const nameEnd = this.#bytes.indexOf(NUL, start)
    if (nameEnd < 0) return false
    const folder = `${parent}${slash}${this.#bytes.toString('utf8', start, nameEnd)}`
    const isChanged = folder === '' || this.#changed.has(folder)
    let subfolders = this.#readCounts()
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

  /** Skips a node and its subfolders, all unchanged. */
  #skip(): boolean {
    for (let left = 1; left > 0; left--) {
      const subfolders = this.#readCounts()
      if (subfolders === undefined) return false
      left += subfolders
    }
    return true
  }

  /** Skips one node without its subfolders, and returns their number. */
  #readCounts(): number | undefined {
    const bytes = this.#bytes
    let at = this.at
    while (at < bytes.length && bytes[at] !== NUL) at++
    const hasId = bytes[++at] !== MINUS
    while (at < bytes.length && bytes[at] !== SPACE) at++
    let subfolders = 0
    for (at++; at < bytes.length && bytes[at] !== NEWLINE; at++)
      subfolders = subfolders * 10 + bytes[at]! - 48
    at += 1 + (hasId ? this.#idLength : 0)
    if (at > bytes.length || !Number.isSafeInteger(subfolders) || subfolders < 0) return undefined
    this.at = at
    return subfolders
  }
}
