import { VaultError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { Answer } from './received.js'

interface Seen {
  /** What it was answered with, or refused; nothing where it can be answered anew. */
  readonly answer: Promise<Answer | undefined>
  /** When the signature itself is too old: milliseconds since the Unix epoch. */
  readonly until: number
}

/** Of one credential. 150,000 in the five minutes that a signature is good for are 500 a second. */
const MOST = 150_000

/**
 * The signatures of writes that came lately. One that comes again, from a connection's retry or from somebody who has
 * listened, gets the answer that the first one got, or its refusal, and nothing is done a second time: what was refused
 * must not be done later, either, because somebody sends it again once it is allowed.
 */
export class Replays {
  readonly #clock: Clock
  readonly #most: number
  /** By access key: who sends more than can be remembered keeps nobody else waiting. */
  readonly #seen = new Map<string, Map<string, Seen>>()

  constructor(clock: Clock, most = MOST) {
    this.#clock = clock
    this.#most = most
  }

  /**
   * Throws ThrottlingException where there is no more room: none is forgotten before its time.
   * @param again answers what was done before, for writes that are too many to keep each answer
   */
  async once(
    { accessKeyId, signature, until }: { accessKeyId: string; signature: string; until: number },
    run: () => Promise<Answer>,
    again?: () => Promise<Answer>
  ): Promise<Answer> {
    // a string of its own: one that was cut from the headers keeps all of them
    const id = Buffer.from(signature).toString('latin1')
    const mine = this.#seen.get(accessKeyId) ?? new Map<string, Seen>()
    this.#seen.set(accessKeyId, mine)
    const seen = mine.get(id)
    if (seen) {
      const answer = await seen.answer
      if (answer) return answer
      if (again) return again()
    }
    this.#forget(mine)
    if (mine.size >= this.#most) throw new VaultError('ThrottlingException', 'Rate exceeded')
    const answer = run()
    const kept = again ? answer.then(() => undefined) : answer
    // its refusal is told to whoever asks, if anybody does
    kept.catch(() => undefined)
    mine.set(id, { answer: kept, until })
    return answer
  }

  /** From the oldest on. Clocks differ, so that some stay a little longer than they would have to. */
  #forget(mine: Map<string, Seen>): void {
    const now = this.#clock.now()
    for (const [id, { until }] of mine) {
      if (until >= now) return
      mine.delete(id)
    }
  }
}
