import type { Spooled } from './ports.js'

/** The changed files of a write by path, of which some are outside of memory; `null` for a removed one. */
export class SpooledFiles implements ReadonlyMap<string, Uint8Array | null> {
  readonly #contents = new Map<string, Uint8Array | Spooled | null>()
  /** The paths whose bytes are in memory. */
  #inMemory: string[] = []

  get size(): number {
    return this.#contents.size
  }

  set(path: string, bytes: Uint8Array | null): void {
    this.#contents.set(path, bytes)
    if (bytes) this.#inMemory.push(path)
  }

  /** Moves all bytes out of memory. */
  spool(move: (bytes: Uint8Array) => Spooled): void {
    for (const path of this.#inMemory) {
      const bytes = this.#contents.get(path)
      if (bytes instanceof Uint8Array) this.#contents.set(path, move(bytes))
    }
    this.#inMemory = []
  }

  /** Returns where the bytes of a file are; `undefined` if they are in memory. */
  spooled(path: string): Spooled | undefined {
    const content = this.#contents.get(path)
    return content && !(content instanceof Uint8Array) ? content : undefined
  }

  has(path: string): boolean {
    return this.#contents.has(path)
  }

  get(path: string): Uint8Array | null | undefined {
    const content = this.#contents.get(path)
    return content && !(content instanceof Uint8Array) ? content.read() : content
  }

  keys(): MapIterator<string> {
    return this.#contents.keys()
  }

  *entries(): MapIterator<[string, Uint8Array | null]> {
    for (const path of this.#contents.keys()) yield [path, this.get(path) ?? null]
  }

  *values(): MapIterator<Uint8Array | null> {
    for (const [, bytes] of this.entries()) yield bytes
  }

  [Symbol.iterator](): MapIterator<[string, Uint8Array | null]> {
    return this.entries()
  }

  forEach(
    work: (bytes: Uint8Array | null, path: string, all: ReadonlyMap<string, Uint8Array | null>) => void
  ): void {
    for (const [path, bytes] of this.entries()) work(bytes, path, this)
  }
}
