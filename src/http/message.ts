/** A request that has arrived in full. Nothing in it is verified yet. */
export interface HttpRequest {
  /** The id that its answer will have. */
  readonly id: string
  readonly method: string
  /** As it was sent: not decoded, without the query. */
  readonly path: string
  /** The part after the first `?`, not decoded; empty if there is none. */
  readonly query: string
  readonly headers: Headers
  readonly body: Buffer
  readonly address: string
  readonly isSecure: boolean
}

/** An answer that is ready to be sent. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
}

export const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain', body: text })

export function partsOf(url = ''): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/** The headers of a request. Names are in lower case; repeated values are joined with commas. */
export class Headers {
  readonly #values = new Map<string, string>()
  readonly #repeated = new Set<string>()

  /** @param raw alternating names and values, as they arrived */
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

  /** Whether one of `names` was sent more than once, so that two readers might use different values. */
  repeats(names: readonly string[]): boolean {
    return this.#repeated.size > 0 && names.some(name => this.#repeated.has(name))
  }

  names(): Iterable<string> {
    return this.#values.keys()
  }
}
