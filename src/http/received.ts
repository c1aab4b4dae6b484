/** A request that has come in whole, as what it says is checked. */
export interface Received {
  readonly method: string
  /** As it was sent, without its query; nothing is decoded. */
  readonly path: string
  /** What is behind the first `?`, or nothing. */
  readonly query: string
  readonly headers: Headers
  readonly body: Buffer
  readonly address: string
  readonly isSecure: boolean
}

/** An answer, ready to be sent. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
}

export const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain', body: text })

/** The headers of a request: names in lower case, and those that came more than once. */
export class Headers {
  readonly #values = new Map<string, string>()
  readonly #repeated = new Set<string>()

  /** @param raw names and values in turn, as they came */
  constructor(raw: readonly string[]) {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at]!.toLowerCase()
      const before = this.#values.get(name)
      if (before !== undefined) this.#repeated.add(name)
      this.#values.set(name, before === undefined ? raw[at + 1]! : `${before},${raw[at + 1]!}`)
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** Whether one of them came more than once, so that two readers might take different ones. */
  repeats(names: readonly string[]): boolean {
    return this.#repeated.size > 0 && names.some(name => this.#repeated.has(name))
  }

  names(): Iterable<string> {
    return this.#values.keys()
  }
}
