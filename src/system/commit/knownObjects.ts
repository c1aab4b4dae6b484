import { keepLast } from '../../core/format/parseCache.js'
import type { ObjectEntry } from './fastImport.js'

/** Bytes of blobs, all together, and entries of trees. */
const MOST_BYTES = 4 << 20
const MOST_ENTRIES = 6_000

/** What git has said of objects: their names are hashes, so it stays true for as long as the process lives. */
export class KnownObjects {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #entries = new Map<string, ObjectEntry | undefined>()
  #size = 0

  blob(oid: string): Uint8Array | undefined {
    return this.#blobs.get(oid)
  }

  addBlob(oid: string, bytes: Uint8Array): void {
    if (this.#blobs.has(oid)) return
    // a copy: what came may be a part of something large
    this.#blobs.set(oid, new Uint8Array(bytes))
    this.#size += bytes.length
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#size <= MOST_BYTES) return
      this.#blobs.delete(oldest)
      this.#size -= length
    }
  }

  /** One name in one tree; `undefined` where it is not known, `null` where it is known not to be there. */
  entry(treeish: string, name: string): ObjectEntry | null | undefined {
    const key = `${treeish} ${name}`
    return this.#entries.has(key) ? (this.#entries.get(key) ?? null) : undefined
  }

  addEntry(treeish: string, name: string, entry: ObjectEntry | undefined): void {
    keepLast(this.#entries, MOST_ENTRIES, `${treeish} ${name}`, entry)
  }
}
