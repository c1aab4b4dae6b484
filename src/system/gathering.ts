/** Milliseconds for which those who are there wait, at most, for those who may come. */
const PATIENCE = 15
/** How long after being served somebody is taken for one who may come again: a client that does nothing else does. */
const SOON = 100

/**
 * Who waits to write, in rounds. Of many clients that write again and again, those who were just answered are not there
 * yet when the next round could begin; begun at once, it would serve the others, and so on in turns, at twice the cost.
 * So a round begins when as many have come as were there for the last, or a moment later.
 */
export class Gathering {
  #expected = 0
  #since = 0
  #come: ((count: number) => void) | undefined

  /** One more has come: now there are `count`. */
  come(count: number): void {
    this.#come?.(count)
  }

  /** A round has ended: `served` have been answered, and `left` came meanwhile. */
  served(served: number, left: number): void {
    this.#expected = served + left
    this.#since = Date.now()
  }

  /** Resolves when the next round, of the `count` that are there so far, should begin. */
  async wait(count: number): Promise<void> {
    const age = Date.now() - this.#since
    if (count >= this.#expected || age < 0 || age > SOON) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, PATIENCE)
      this.#come = now => {
        if (now < this.#expected) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#come = undefined
  }
}
