const SHORTEST_ROUND_MS = 25
const LONGEST_WAIT_MS = 10_000

/**
 * Waits between the tries of a push, for a random time, so that two clones do not meet again. A round lasts from one try to
 * the next: the slower it is, the more others push meanwhile, so the wait grows with it.
 */
export class Backoff {
  readonly #maxTries: number
  readonly #maxMs: number
  // not the time of day, which may be set back
  readonly #since = performance.now()
  #round = this.#since
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
    const now = performance.now()
    if (this.#tries >= this.#maxTries || now - this.#since > this.#maxMs) return false
    const wait = longestWait(this.#tries, now - this.#round) * Math.random()
    this.#tries++
    await new Promise(resolve => setTimeout(resolve, wait))
    this.#round = performance.now()
    return true
  }
}

/**
 * The longest wait doubles with each loss. After the fourth it becomes shorter again: otherwise a clone that has lost often
 * would go on losing to those that have just come.
 * @param losses of this push, the last one included
 * @param round how long the last try took, in milliseconds
 * @returns milliseconds
 */
export function longestWait(losses: number, round: number): number {
  const rounds = Math.min(2 ** (losses - 1), 32 / losses)
  return Math.min(LONGEST_WAIT_MS, rounds * Math.max(SHORTEST_ROUND_MS, round))
}
