/** What was made of some bytes, as long as they are the same. */
interface Remembered<T> {
  readonly bytes: Uint8Array
  readonly made: T
}

/**
 * Remembers by name what was made of bytes, so that a program that runs on makes it once. The last used stay, up to so
 * many bytes.
 */
export class ParseCache<T> {
  readonly #all = new Map<string, Remembered<T>>()
  readonly #atMost: number
  #size = 0

  constructor(atMost: number) {
    this.#atMost = atMost
  }

  get(name: string, bytes: Uint8Array): T | undefined {
    const found = this.#all.get(name)
    return found && isSameBytes(found.bytes, bytes) ? found.made : undefined
  }

  set(name: string, bytes: Uint8Array, made: T): void {
    this.#drop(name)
    // a copy: what came may be a part of something large
    this.#all.set(name, { bytes: new Uint8Array(bytes), made })
    this.#size += bytes.length
    for (const oldest of this.#all.keys()) {
      if (this.#size <= this.#atMost) return
      this.#drop(oldest)
    }
  }

  #drop(name: string): void {
    this.#size -= this.#all.get(name)?.bytes.length ?? 0
    this.#all.delete(name)
  }
}

/** Makes an entry the newest of a map that keeps the last `atMost`. */
export function keepLast<T>(map: Map<string, T>, atMost: number, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.size > atMost ? map.keys() : []
  if (oldest !== undefined) map.delete(oldest)
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
