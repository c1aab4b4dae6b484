/** Name patterns with a value each, for finding those that match a name without trying every pattern. */
export class PatternIndex<T> {
  readonly #values = new Map<string, T>()
  /** Length of the longest prefix. */
  #longest = 0

  get(pattern: string): T | undefined {
    return this.#values.get(pattern)
  }

  set(pattern: string, value: T): void {
    this.#values.set(pattern, value)
    if (pattern.endsWith(ANY)) this.#longest = Math.max(this.#longest, pattern.length - ANY.length)
  }

  /** The values of the patterns that match, the most specific first: the name itself, then longer prefixes. */
  *matching(name: string): Iterable<T> {
    const own = this.#values.get(name)
    if (own !== undefined) yield own
    for (let length = Math.min(name.length, this.#longest); length >= 0; length--) {
      const value = this.#values.get(name.slice(0, length) + ANY)
      if (value !== undefined) yield value
    }
  }
}

/** Ends a pattern that matches every name with the prefix before it. */
const ANY = '**'
