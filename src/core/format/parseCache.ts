/** Bytes and the value that was parsed from them. */
interface Entry<T> {
  readonly bytes: Uint8Array
  readonly value: T
}

/**
 * Caches values that were parsed from bytes, by name, so that a warm process parses them once. Keeps the
 * entries that were set last, up to a total size of their bytes.
 */
export class ParseCache<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #maxBytes: number
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Returns the value under the name, if it was parsed from the same bytes. */
  get(name: string, bytes: Uint8Array): T | undefined {
    const entry = this.#entries.get(name)
    return entry && isSameBytes(entry.bytes, bytes) ? entry.value : undefined
  }

  /** Returns what was set last under the name, whatever its bytes. */
  last(name: string): Entry<T> | undefined {
    return this.#entries.get(name)
  }

  set(name: string, bytes: Uint8Array, value: T): void {
    this.#delete(name)
    // a copy, because the bytes may be a view of a larger buffer
    this.#entries.set(name, { bytes: new Uint8Array(bytes), value })
    this.#size += bytes.length
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#maxBytes) return
      this.#delete(oldest)
    }
  }

  #delete(name: string): void {
    this.#size -= this.#entries.get(name)?.bytes.length ?? 0
    this.#entries.delete(name)
  }
}

/** Sets an entry as the newest of a map, and deletes the oldest entry if there are more than `maxEntries`. */
export function keepLast<T>(map: Map<string, T>, maxEntries: number, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.size > maxEntries ? map.keys() : []
  if (oldest !== undefined) map.delete(oldest)
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
