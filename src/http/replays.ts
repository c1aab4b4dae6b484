import { VaultError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { Answer } from './received.js'

interface Seen {
  /** Once it has been answered or refused. */
  readonly done: Promise<unknown>
  /** When the signature itself is too old: milliseconds since the Unix epoch. */
  readonly until: number
}

/** Of one credential. 150,000 in the five minutes that a signature is good for are 500 a second. */
const MOST = 150_000

/**
 * The signatures of writes that came lately. One that comes again is from somebody who has listened, from a connection's
 * retry, or from a client that wants the same again within the second that a signature's date has. So it is neither done
 * a second time nor answered as if it were, for what it did may have been undone since: it is told to come again, which
 * the clients do with a signature of the next second, and who has listened cannot.
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
   * Throws ThrottlingException for what came before, and where there is no more room: none is forgotten before its time.
   * @param again may answer what came before, where that is no harm; `undefined` where it is
   */
  async once(
    { accessKeyId, signature, until }: { accessKeyId: string; signature: string; until: number },
    run: () => Promise<Answer>,
    again: () => Promise<Answer | undefined>
  ): Promise<Answer> {
    // a string of its own: one that was cut from the headers keeps all of them
    const id = Buffer.from(signature).toString('latin1')
    const mine = this.#seen.get(accessKeyId) ?? new Map<string, Seen>()
    this.#seen.set(accessKeyId, mine)
    const seen = mine.get(id)
    if (seen) {
      await seen.done
      const answer = await again()
      if (answer) return answer
      throw throttled('This very request came before: sign it anew.')
    }
    this.#forget(mine)
    if (mine.size >= this.#most) throw throttled('Rate exceeded')
    const answer = run()
    mine.set(id, { done: answer.catch(() => undefined), until })
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

const throttled = (message: string): VaultError => new VaultError('ThrottlingException', message)
