/** How often in a row, and for how long, a program may lose to others that push to the same branch. */
const MAX_LOSSES = 30
const MAX_MS = 60_000
/** How often in a row a push may fail like a lost race although nothing new came: a lock is left at the remote. */
const MAX_STUCK = 3

const FIRST_WAIT_MS = 25
/** Not longer, or else a program that has lost often would lose to those that have just won. */
const LONGEST_WAIT_MS = 400
const LONGEST_YIELD_MS = 5_000

/** Others are expected to push again for as long as catching up with them takes so many times, within limits. */
const BUSY_TIMES = 50
const SHORTEST_BUSY_MS = 5_000
const LONGEST_BUSY_MS = 60_000

/** Pushes without a pause after which a program makes one, to see whether it keeps others out. */
const FIRST_RUN = 4
const LONGEST_RUN = 256
/** The length of that pause, in pushes: others have to fetch and verify first. */
const RUN_PAUSE = 12
/** Pushes that follow each other more slowly leave room for others anyway. */
const ROOMY = 3

/**
 * Paces the pushes of one program among others that push to the same branch again and again. A program that has won need
 * not fetch, so without a pause it would win each time, and would never learn of the others.
 */
export class Contention {
  #losses = 0
  #stuck = 0
  /** Of the first loss since the last success. */
  #since = 0
  #lastMet = -Infinity
  #lastWin = -Infinity
  /** How long it took last to catch up with others, and to push, in milliseconds. */
  #catchUpTime = 0
  #pushTime = 0
  /** Pushes since the last pause, and how many there may be. */
  #run = 0
  #longestRun = FIRST_RUN
  #isLooking = false

  /** @param isNew whether something came that was not known before */
  lost(isNew: boolean): void {
    // not the time of day, which may be set back
    if (this.#losses++ === 0) this.#since = performance.now()
    this.#stuck = isNew ? 0 : this.#stuck + 1
    this.met()
  }

  /** Others have pushed. */
  met(): void {
    this.#lastMet = performance.now()
    this.#longestRun = FIRST_RUN
    this.#run = 0
  }

  won(): void {
    const now = performance.now()
    const isRoomy = now - this.#lastWin > ROOMY * this.#pushTime
    this.#lastWin = now
    this.#run = isRoomy ? 1 : this.#run + 1
    this.#forget()
  }

  /** Whether others may have pushed just now, so that it is better to ask the remote before a push. */
  get isBusy(): boolean {
    if (this.#isLooking) return true
    const expected = Math.max(SHORTEST_BUSY_MS, BUSY_TIMES * this.#catchUpTime)
    return performance.now() - this.#lastMet < Math.min(LONGEST_BUSY_MS, expected)
  }

  /** How often the races of the next push were lost, if it must not be tried again. Counting then begins anew. */
  givesUp(): number | undefined {
    const losses = this.#losses
    const isLong = losses > 0 && performance.now() - this.#since > MAX_MS
    if (losses < MAX_LOSSES && this.#stuck <= MAX_STUCK && !isLong) return undefined
    this.#forget()
    return losses
  }

  /** Runs what catches up with others. */
  async catchUp<T>(work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    const result = await work()
    this.#catchUpTime = performance.now() - since
    return result
  }

  /** Runs what makes commits and pushes them. */
  async push<T>(work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    const result = await work()
    this.#pushTime = performance.now() - since
    return result
  }

  /** Waits before the next push, for as long as the others should have. */
  async pause(): Promise<void> {
    this.#isLooking = false
    const wait = this.#wait()
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
  }

  #wait(): number {
    // for a random time, so that two programs do not meet again
    if (this.#losses > 0) return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#losses) * Math.random()
    if (this.#run === 0) return 0
    if (this.isBusy) return Math.min(LONGEST_YIELD_MS, this.#catchUpTime * (1 + 2 * Math.random()))
    if (this.#run < this.#longestRun) return 0
    this.#run = 0
    this.#longestRun = Math.min(LONGEST_RUN, 2 * this.#longestRun)
    this.#isLooking = true
    return Math.min(LONGEST_YIELD_MS, RUN_PAUSE * this.#pushTime)
  }

  #forget(): void {
    this.#losses = 0
    this.#stuck = 0
  }
}
