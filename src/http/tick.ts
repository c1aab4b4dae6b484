/**
 * Answers requests that arrive together in one batch: once the event loop has read all that was ready in one
 * tick. Running them side by side through each step costs a third less than one after the other through all
 * of them, and files are checked once for all. A request that arrives alone waits for no other.
 */
export class Tick {
  readonly #onEnd: () => void
  #end: Promise<void> | undefined

  /** @param onEnd runs before any request of the tick goes on, so that none uses what was read before it */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** Resolves once the current tick has nothing more to read. */
  ended(): Promise<void> {
    this.#end ??= new Promise(resolve =>
      setImmediate(() => {
        this.#end = undefined
        this.#onEnd()
        resolve()
      })
    )
    return this.#end
  }
}
