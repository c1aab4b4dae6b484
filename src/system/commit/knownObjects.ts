import { keepLast } from '../../core/format/parseCache.js'
import type { ObjectEntry } from './fastImport.js'

/** Of all cached blobs together. */
const MAX_BLOB_BYTES = 4 << 20
const MAX_TREE_ENTRIES = 6_000

/** A cache of blobs and tree entries. It is never out of date, because an object's id is a hash of its content. */
export class KnownObjects {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #entries = new Map<string, ObjectEntry | undefined>()
  #size = 0

  blob(oid: string): Uint8Array | undefined {
    return this.#blobs.get(oid)
  }

  addBlob(oid: string, bytes: Uint8Array): void {
    if (this.#blobs.has(oid)) return
    // a copy, because the bytes may be a view of a large buffer
    this.#blobs.set(oid, new Uint8Array(bytes))
    this.#size += bytes.length
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#size <= MAX_BLOB_BYTES) return
      this.#blobs.delete(oldest)
      this.#size -= length
    }
  }

  /** Returns one entry of a tree; `undefined` if it is not cached, `null` if it is known not to exist. */
  entry(treeish: string, name: string): ObjectEntry | null | undefined {
    const key = `${treeish} ${name}`
    return this.#entries.has(key) ? (this.#entries.get(key) ?? null) : undefined
  }

  addEntry(treeish: string, name: string, entry: ObjectEntry | undefined): void {
    keepLast(this.#entries, MAX_TREE_ENTRIES, `${treeish} ${name}`, entry)
  }
}
