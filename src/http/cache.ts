import type { Need } from './authorize.js'
import type { Trace } from './backend.js'

/** An answer that may be given again as long as what it was made from is unchanged. */
export interface CachedAnswer {
  readonly body: string
  /** What must be allowed to whoever is given it: that is decided each time. */
  readonly needs: readonly Need[]
  readonly secret: string
  readonly trace: Trace
}

/** Characters of answers and of the keys to them: values of secrets, so no more of them than helps. */
const MOST = 32 * 1024 * 1024
/** What one costs besides its text. */
const OVERHEAD = 4096

/** Answers that were given, the least lately used going first. */
export class Cache {
  readonly #cached = new Map<string, CachedAnswer>()
  readonly #most: number
  #size = 0

  constructor(most = MOST) {
    this.#most = most
  }

  /** Only what is as it would be computed now. */
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
      if (this.#size <= this.#most) break
      this.#remove(oldest)
    }
  }

  /** Characters, as it counts them. */
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
