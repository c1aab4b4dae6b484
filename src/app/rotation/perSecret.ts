import { utf8 } from '../../core/format/canonical.js'
import { parseJson } from '../../core/format/parseJson.js'
import type { Memory } from '../../core/ports.js'

/** The most secrets that one file has an entry of. */
const MOST = 200

/** A file in which a clone remembers an entry for each of several secrets. A damaged file is read as empty. */
export class PerSecret<T extends { readonly arn: string }> {
  readonly #file: string
  readonly #isEntry: (one: unknown) => one is T

  constructor(file: string, isEntry: (one: unknown) => one is T) {
    this.#file = file
    this.#isEntry = isEntry
  }

  async all(memory: Memory): Promise<T[]> {
    return this.#parse(await memory.read(this.#file))
  }

  async of(memory: Memory, arn: string): Promise<T | undefined> {
    return (await this.all(memory)).find(one => one.arn === arn)
  }

  /** Stores an entry in place of the secret's last one. */
  async set(memory: Memory, arn: string, next: (last: T | undefined) => T): Promise<void> {
    await this.#replace(memory, arn, last => [next(last)])
  }

  async forget(memory: Memory, arn: string): Promise<void> {
    if (await this.of(memory, arn)) await this.#replace(memory, arn, () => [])
  }

  async #replace(memory: Memory, arn: string, next: (last: T | undefined) => readonly T[]): Promise<void> {
    await memory.update(this.#file, bytes => {
      const all = this.#parse(bytes)
      const others = all.filter(one => one.arn !== arn)
      const kept = [...others, ...next(all.find(one => one.arn === arn))].slice(-MOST)
      return utf8(`${JSON.stringify(kept)}\n`)
    })
  }

  #parse(bytes: Uint8Array | undefined): T[] {
    const list = bytes && parseJson(bytes)
    return Array.isArray(list) ? list.filter(this.#isEntry) : []
  }
}
