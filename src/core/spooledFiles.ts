import type { Spool } from './ports.js'

/** The changed files of a write by path, of which some are outside of memory; `null` for a removed one. */
export class SpooledFiles implements ReadonlyMap<string, Uint8Array | null> {
  /** A number is the file's place in `#starts` and `#lengths`: an object for each would take four times the memory. */
  readonly #contents = new Map<string, Uint8Array | number | null>()
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  #spool: Spool | undefined
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
  spool(spool: Spool): void {
    this.#spool = spool
    for (const path of this.#inMemory) {
      const bytes = this.#contents.get(path)
      if (!(bytes instanceof Uint8Array)) continue
      this.#starts.push(spool.put(bytes))
      this.#contents.set(path, this.#lengths.push(bytes.length) - 1)
    }
    this.#inMemory = []
  }

  /** Whether the bytes of a file are outside of memory. */
  isSpooled(path: string): boolean {
    return typeof this.#contents.get(path) === 'number'
  }

  has(path: string): boolean {
    return this.#contents.has(path)
  }

  get(path: string): Uint8Array | null | undefined {
    const content = this.#contents.get(path)
    if (typeof content !== 'number') return content
    return this.#spool!.read(this.#starts[content]!, this.#lengths[content]!)
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
