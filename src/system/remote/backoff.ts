const FIRST_WAIT_MS = 50
/** Not longer, or else a clone that has lost often would lose to those that have just come. */
const LONGEST_WAIT_MS = 1_000

/** Waits between the tries of a push, longer each time and for a random time, so that two clones do not meet again. */
export class Backoff {
  readonly #maxTries: number
  readonly #maxMs: number
  // not the time of day, which may be set back
  readonly #since = performance.now()
  #tries = 1

  constructor(maxTries: number, maxMs: number) {
    this.#maxTries = maxTries
    this.#maxMs = maxMs
  }

  get tries(): number {
    return this.#tries
  }

  /** Waits before the next try. Returns false, without waiting, if there may be no more. */
  async next(): Promise<boolean> {
    if (this.#tries >= this.#maxTries || performance.now() - this.#since > this.#maxMs) return false
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#tries)
    this.#tries++
    await new Promise(resolve => setTimeout(resolve, wait * (0.5 + Math.random())))
    return true
  }
}
