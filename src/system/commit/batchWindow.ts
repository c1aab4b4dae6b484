/** How long a batch waits for further writes, at most. */
const MAX_WAIT_MS = 15
/** A client that writes again does so within this time after its last answer. */
const RETURN_TIME_MS = 100

/**
 * Collects the writes of this process into batches. If many clients write repeatedly, those that were just answered have
 * not sent their next write when the next batch could start. A batch that starts at once would hold only the others, and
 * so on in turns, at twice the cost. So a batch starts when it has as many writes as could come from the clients of the
 * last one, or after a short wait.
 */
export class BatchWindow {
  #expected = 0
  #since = 0
  #onAdded: ((count: number) => void) | undefined

  /** @param count the number of writes that are now pending */
  added(count: number): void {
    this.#onAdded?.(count)
  }

  /** @param pending the number of writes that were added while the batch ran */
  finished(answered: number, pending: number): void {
    this.#expected = answered + pending
    this.#since = Date.now()
  }

  /** Resolves when the next batch, with `count` writes so far, should start. */
  async wait(count: number): Promise<void> {
    const age = Date.now() - this.#since
    if (count >= this.#expected || age < 0 || age > RETURN_TIME_MS) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, MAX_WAIT_MS)
      this.#onAdded = now => {
        if (now < this.#expected) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#onAdded = undefined
  }
}
