import type { Need } from './authorize.js'
import type { Trace } from './backend.js'

/** An answer that may be sent again while the files it was made from are unchanged. */
export interface CachedAnswer {
  readonly body: string
  /** The permissions a caller needs to receive it. They are checked each time. */
  readonly needs: readonly Need[]
  readonly secret: string
  readonly trace: Trace
}

/** Characters of answers and their keys. Answers hold secret values, so the cache is no larger than useful. */
const MAX_SIZE = 32 * 1024 * 1024
/** Characters that an entry is charged besides its text. */
const OVERHEAD = 4096

/** A cache of answers that evicts the least recently used. */
export class Cache {
  readonly #cached = new Map<string, CachedAnswer>()
  readonly #maxSize: number
  #size = 0

  /** @param maxSize characters */
  constructor(maxSize = MAX_SIZE) {
    this.#maxSize = maxSize
  }

  /** Returns an answer only if computing it now would give the same. */
  get(key: string): CachedAnswer | undefined {
    const cached = this.#cached.get(key)
    if (!cached) return undefined
    this.#cached.delete(key)
    if (!cached.trace.isCurrent()) {
      this.#size -= sizeOf(key, cached)
      return undefined
    }
    this.#cached.set(key, cached)
    return cached
  }

  set(key: string, cached: CachedAnswer): void {
    this.#remove(key)
    this.#cached.set(key, cached)
    this.#size += sizeOf(key, cached)
    for (const oldest of this.#cached.keys()) {
      if (this.#size <= this.#maxSize) break
      this.#remove(oldest)
    }
  }

  /** Characters, overhead included. */
  get size(): number {
    return this.#size
  }

  #remove(key: string): void {
    const cached = this.#cached.get(key)
    if (!cached) return
    this.#cached.delete(key)
    this.#size -= sizeOf(key, cached)
  }
}

const sizeOf = (key: string, { body }: CachedAnswer): number => key.length + body.length + OVERHEAD
