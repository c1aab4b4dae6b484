/** Milliseconds for which those who are there wait, at most, for those who may come. */
const PATIENCE = 15
/** How long after being answered somebody is taken for one who may come again: a client that does nothing else does. */
const SOON = 100

/**
 * Who waits to write, in rounds. Of many clients that write again and again, those who were just answered are not there
 * yet when the next round could begin; begun at once, it would serve the others, and so on in turns, at twice the cost.
 * So a round begins when as many have arrived as were there for the last, or a moment later.
 */
export class BatchWindow {
  #expected = 0
  #since = 0
  #arrived: ((count: number) => void) | undefined

  /** One more has arrived: now there are `count`. */
  arrived(count: number): void {
    this.#arrived?.(count)
  }

  /** A round has ended: `answered` have been answered, and `left` came meanwhile. */
  answered(answered: number, left: number): void {
    this.#expected = answered + left
    this.#since = Date.now()
  }

  /** Resolves when the next round, of the `count` that are there so far, should begin. */
  async wait(count: number): Promise<void> {
    const age = Date.now() - this.#since
    if (count >= this.#expected || age < 0 || age > SOON) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, PATIENCE)
      this.#arrived = now => {
        if (now < this.#expected) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#arrived = undefined
  }
}
