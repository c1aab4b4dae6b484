import { ByteReader } from '../git/byteReader.js'
import { Git, type Exit } from '../git/git.js'
import type { Place } from '../git/place.js'

/**
 * A `git update-ref` that stays: for a writer with so much to do that starting one for each move of the branch would cost
 * it more than the move. Left alone it keeps no program from ending, and ends when its program does.
 */
export class BranchMover {
  readonly #git: Git
  readonly #answers: ByteReader
  #isGone = false

  constructor(place: Place, reason: string, env: Readonly<Record<string, string>>) {
    this.#git = new Git(place, ['update-ref', '-m', reason, '--stdin', '-z'], { env })
    this.#answers = new ByteReader(this.#git.child.stdout)
    const gone = (): void => {
      this.#isGone = true
    }
    this.#git.exit.then(gone, gone)
    this.#git.hold(false)
  }

  /** It ends when something goes wrong: then another has to be started. */
  get isGone(): boolean {
    return this.#isGone
  }

  get pid(): number {
    return this.#git.child.pid ?? 0
  }

  /** As `RefUpdate.move`. */
  async move(ref: string, from: string | undefined, to: string): Promise<Exit> {
    this.#git.hold(true)
    try {
      this.#git.child.stdin.write(
        `start\0update ${ref}\0${to}\0${from ?? '0'.repeat(to.length)}\0prepare\0commit\0`
      )
      for (const step of ['start', 'prepare', 'commit']) {
        const line = await this.#answers.line()
        if (line?.toString('latin1') === `${step}: ok`) continue
        this.#isGone = true
        this.#git.child.stdin.end()
        return await this.#git.exit
      }
      return { code: 0, signal: null }
    } finally {
      this.#git.hold(false)
    }
  }

  failure(exit: Exit): Error {
    return this.#git.failure(exit)
  }

  /** It is kept for the next. */
  async discard(): Promise<void> {
    // nothing was begun, or all of it is done
  }

  async end(): Promise<void> {
    this.#git.hold(true)
    this.#git.child.stdin.end()
    await this.#git.exit.catch(() => undefined)
  }
}
