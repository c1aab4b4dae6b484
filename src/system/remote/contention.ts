/** How often in a row, and for how long, a program may lose to others that push to the same branch. */
const MAX_LOSSES = 30
const MAX_MS = 60_000
/** How often in a row a push may fail like a lost race although nothing new came: a lock is left at the remote. */
const MAX_STUCK = 3
/** Others that won a race are expected to push again for this long. */
const BUSY_MS = 5_000
const FIRST_WAIT_MS = 25
/** Not longer, or else a program that has lost often would lose to those that have just won. */
const LONGEST_WAIT_MS = 400

/** Paces the pushes of one program among others that push to the same branch again and again. */
export class Contention {
  #losses = 0
  #stuck = 0
  /** Of the first loss since the last success. */
  #since = 0
  #lastLoss = -Infinity
  #hasWon = false

  /** @param isNew whether something came that was not known before */
  lost(isNew: boolean): void {
    // not the time of day, which may be set back
    const now = performance.now()
    if (this.#losses++ === 0) this.#since = now
    this.#stuck = isNew ? 0 : this.#stuck + 1
    this.#lastLoss = now
    this.#hasWon = false
  }

  won(): void {
    this.#forget()
    this.#hasWon = true
  }

  /** Whether others push at the same time, so that it is better to fetch before a push than after it. */
  get isBusy(): boolean {
    return performance.now() - this.#lastLoss < BUSY_MS
  }

  /** How often the races of the next push were lost, if it must not be tried again. Counting then begins anew. */
  givesUp(): number | undefined {
    const losses = this.#losses
    const isOver =
      losses >= MAX_LOSSES ||
      this.#stuck > MAX_STUCK ||
      (losses > 0 && performance.now() - this.#since > MAX_MS)
    if (!isOver) return undefined
    this.#forget()
    return losses
  }

  /**
   * Waits before the next push, for a random time, so that two programs do not meet again. After a success it waits too, if
   * others push: they would lose each time to a program that need not fetch first.
   */
  async pause(): Promise<void> {
    if (this.#losses === 0 && !(this.#hasWon && this.isBusy)) return
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#losses === 0 ? 3 : this.#losses))
    await new Promise(resolve => setTimeout(resolve, longest * Math.random()))
  }

  #forget(): void {
    this.#losses = 0
    this.#stuck = 0
  }
}
