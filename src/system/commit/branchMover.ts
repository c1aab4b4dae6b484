import { ByteReader } from '../git/byteReader.js'
import { Git, type Exit } from '../git/git.js'
import type { Place } from '../git/place.js'

/**
 * A long-running `git update-ref`, for a program with so many writes that starting a process for each would cost more than
 * the ref update itself. Between ref updates it does not keep the program alive, and it ends with the program.
 */
export class BranchMover {
  readonly #git: Git
  readonly #answers: ByteReader
  #hasEnded = false

  constructor(place: Place, reason: string, env: Readonly<Record<string, string>>) {
    this.#git = new Git(place, ['update-ref', '-m', reason, '--stdin', '-z'], { env })
    this.#answers = new ByteReader(this.#git.child.stdout)
    const ended = (): void => {
      this.#hasEnded = true
    }
    this.#git.exit.then(ended, ended)
    this.#git.keepAlive(false)
  }

  /** It ends after any failure. Then another has to be started. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get pid(): number {
    return this.#git.child.pid ?? 0
  }

  /** As `RefUpdate.move`. */
  async move(ref: string, from: string | undefined, to: string): Promise<Exit> {
    this.#git.keepAlive(true)
    try {
      this.#git.child.stdin.write(
        `start\0update ${ref}\0${to}\0${from ?? '0'.repeat(to.length)}\0prepare\0commit\0`
      )
      for (const step of ['start', 'prepare', 'commit']) {
        const line = await this.#answers.line()
        if (line?.toString('latin1') === `${step}: ok`) continue
        this.#hasEnded = true
        this.#git.child.stdin.end()
        return await this.#git.exit
      }
      return { code: 0, signal: null }
    } finally {
      this.#git.keepAlive(false)
    }
  }

  failure(exit: Exit): Error {
    return this.#git.failure(exit)
  }

  /** Does nothing. The process is kept for the next write. */
  async discard(): Promise<void> {
    // no ref update is in progress
  }

  async end(): Promise<void> {
    this.#git.keepAlive(true)
    this.#git.child.stdin.end()
    await this.#git.exit.catch(() => undefined)
  }
}
