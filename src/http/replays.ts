import { VaultError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { Answer } from './message.js'

interface SeenRequest {
  /** Resolves once it has been answered or refused. */
  readonly done: Promise<unknown>
  /** When the signature expires: milliseconds since the Unix epoch. */
  readonly until: number
}

/** Signatures of one credential. 150,000 in the five minutes that a signature is valid are 500 a second. */
const LIMIT = 150_000

/**
 * The signatures of recent writes. A repeated signature comes from an eavesdropper, from a connection's
 * retry, or from a client that makes the same request twice within one second (the resolution of a
 * signature's date). The write is not run a second time. It is not answered as if it were either, unless nothing
 * has changed since: else its effect may have been undone. The answer asks to try again: clients do so with a new
 * signature, and an eavesdropper cannot.
 */
export class Replays {
  readonly #clock: Clock
  readonly #limit: number
  /** By access key, so that a client that reaches the limit delays nobody else. */
  readonly #seen = new Map<string, Map<string, SeenRequest>>()

  /** @param limit signatures of one credential */
  constructor(clock: Clock, limit = LIMIT) {
    this.#clock = clock
    this.#limit = limit
  }

  /**
   * Runs a request unless its signature was seen before. Throws ThrottlingException for a repeated one, and
   * if the limit is reached: no signature is forgotten before it expires.
   * @param again answers a repeated request if that is harmless; returns `undefined` if not
   */
  async once(
    { accessKeyId, signature, until }: { accessKeyId: string; signature: string; until: number },
    run: () => Promise<Answer>,
    again: () => Promise<Answer | undefined>
  ): Promise<Answer> {
    // a copy, because a substring keeps the whole header in memory
    const id = Buffer.from(signature).toString('latin1')
    const ofKey = this.#seen.get(accessKeyId) ?? new Map<string, SeenRequest>()
    this.#seen.set(accessKeyId, ofKey)
    const seen = ofKey.get(id)
    if (seen) {
      await seen.done
      const answer = await again()
      if (answer) return answer
      throw throttled('This request was already received: sign it again.')
    }
    this.#forgetExpired(ofKey)
    if (ofKey.size >= this.#limit) throw throttled('Rate exceeded')
    const answer = run()
    ofKey.set(id, { done: answer.catch(() => undefined), until })
    return answer
  }

  /**
   * Stops at the first one that is still valid. As clients' clocks differ, some are kept longer than
   * necessary.
   */
  #forgetExpired(ofKey: Map<string, SeenRequest>): void {
    const now = this.#clock.now()
    for (const [id, { until }] of ofKey) {
      if (until >= now) return
      ofKey.delete(id)
    }
  }
}

const throttled = (message: string): VaultError => new VaultError('ThrottlingException', message)
