/**
 * Requests that arrive together are answered together: once all that a turn of the event loop had to read has been read.
 * One after the other through the same few functions costs a third less than each through all of them, and what they
 * look at is looked at once. Who comes alone waits for nobody.
 */
export class Turn {
  readonly #begin: () => void
  #over: Promise<void> | undefined

  /** @param begin is called before those who came together go on: nothing that they look at was seen before it */
  constructor(begin: () => void) {
    this.#begin = begin
  }

  /** Resolves once this turn has nothing more to read. */
  over(): Promise<void> {
    this.#over ??= new Promise(resolve =>
      setImmediate(() => {
        this.#over = undefined
        this.#begin()
        resolve()
      })
    )
    return this.#over
  }
}
