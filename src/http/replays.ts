import { VaultError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { Answer } from './received.js'

interface Seen {
  readonly answer: Promise<Answer>
  /** When the signature itself is too old: milliseconds since the Unix epoch. */
  readonly until: number
}

/** 50,000 in the five minutes that a signature is good for are 166 a second. */
const MOST = 50_000

/**
 * The signatures of writes that came lately. One that comes again, from a connection's retry or from somebody who has
 * listened, gets the answer that the first one got, or its refusal, and nothing is done a second time: what was refused
 * must not be done later, either, because somebody sends it again once it is allowed.
 */
export class Replays {
  readonly #clock: Clock
  readonly #most: number
  readonly #seen = new Map<string, Seen>()

  constructor(clock: Clock, most = MOST) {
    this.#clock = clock
    this.#most = most
  }

  /** Throws ThrottlingException where there is no more room: none is forgotten before its time. */
  once(signature: string, until: number, run: () => Promise<Answer>): Promise<Answer> {
    const seen = this.#seen.get(signature)
    if (seen) return seen.answer
    if (this.#seen.size >= this.#most) this.#forget()
    if (this.#seen.size >= this.#most) throw new VaultError('ThrottlingException', 'Rate exceeded')
    const answer = run()
    this.#seen.set(signature, { answer, until })
    return answer
  }

  #forget(): void {
    const now = this.#clock.now()
    for (const [signature, { until }] of this.#seen) if (until < now) this.#seen.delete(signature)
  }
}
