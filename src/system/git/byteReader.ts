import type { Readable } from 'node:stream'

/** Reads lines and counted bytes from a process's output as it arrives. */
export class ByteReader {
  #chunks: Buffer[] = []
  #ended = false
  #wake: (() => void) | undefined

  constructor(stream: Readable) {
    const wake = (): void => {
      this.#wake?.()
      this.#wake = undefined
    }
    stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      wake()
    })
    const end = (): void => {
      this.#ended = true
      wake()
    }
    stream.on('end', end)
    stream.on('error', end)
    stream.on('close', end)
  }

  /** Returns the next line without its newline; undefined at the end of the stream. */
  async line(): Promise<Buffer | undefined> {
    let searched = 0
    for (;;) {
      const all = this.#joined()
      const end = all.indexOf(10, searched)
      if (end >= 0) {
        this.#chunks = [all.subarray(end + 1)]
        return all.subarray(0, end)
      }
      searched = all.length
      if (!(await this.#more())) return undefined
    }
  }

  /** Returns undefined if the stream ends before. */
  async bytes(length: number): Promise<Buffer | undefined> {
    const taken: Buffer[] = []
    if (!(await this.#take(length, chunk => taken.push(chunk)))) return undefined
    return taken.length === 1 ? taken[0] : Buffer.concat(taken, length)
  }

  /** Returns false if the stream ends before. */
  async skip(length: number): Promise<boolean> {
    return this.#take(length, () => undefined)
  }

  async #take(length: number, use: (chunk: Buffer) => void): Promise<boolean> {
    for (let left = length; ;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        use(chunk.subarray(0, left))
        if (chunk.length > left) this.#chunks.unshift(chunk.subarray(left))
        left -= Math.min(left, chunk.length)
      }
      if (left === 0) return true
      if (this.#chunks.length === 0 && !(await this.#more())) return false
    }
  }

  #joined(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }

  async #more(): Promise<boolean> {
    const had = this.#chunks.length
    if (!this.#ended) await new Promise<void>(resolve => (this.#wake = resolve))
    return this.#chunks.length > had || !this.#ended
  }
}
