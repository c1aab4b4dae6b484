import type { Need } from './authorize.js'
import type { Trace } from './backend.js'

/** An answer that may be given again as long as what it was made from is unchanged. */
export interface Kept {
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
  readonly #kept = new Map<string, Kept>()
  readonly #most: number
  #size = 0

  constructor(most = MOST) {
    this.#most = most
  }

  /** Only what is as it would be computed now. */
  get(key: string): Kept | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    this.#kept.delete(key)
    if (!kept.trace.isCurrent()) {
      this.#size -= sizeOf(key, kept)
      return undefined
    }
    this.#kept.set(key, kept)
    return kept
  }

  set(key: string, kept: Kept): void {
    this.#remove(key)
    this.#kept.set(key, kept)
    this.#size += sizeOf(key, kept)
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#most) break
      this.#remove(oldest)
    }
  }

  /** Characters, as it counts them. */
  get size(): number {
    return this.#size
  }

  #remove(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#size -= sizeOf(key, kept)
  }
}

const sizeOf = (key: string, { body }: Kept): number => key.length + body.length + OVERHEAD
