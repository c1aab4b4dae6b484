/** One request, for the log: nothing of what was put or got. */
export interface LogLine {
  readonly time: string
  readonly id: string
  readonly operation?: string | undefined
  readonly secret?: string | undefined
  /** The access key id, once the signature was found right; `agent` for the agent's protocol. */
  readonly key?: string | undefined
  /** HTTP's; 0 where the other side went away. */
  readonly status: number
  readonly error?: string | undefined
  /** What is kept off the wire: of a fault in the vault the code and text, of one in the program the place. */
  readonly cause?: string | undefined
  readonly ms: number
}

/** Characters that may wait for a reader; what comes on top is counted and left out. */
const MOST_WAITING = 1 << 20
const LONGEST_NAME = 600

const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Writes lines of JSON, those of one moment together. */
export class Log {
  readonly #write: (text: string) => Promise<void>
  #waiting = ''
  #lost = 0
  #writing: Promise<void> | undefined

  /** @param write never rejects: where nobody reads any more, requests are answered all the same */
  constructor(write: (text: string) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once it has been handed on, or has to wait for what was handed on before it. */
  async add(line: LogLine): Promise<void> {
    if (this.#waiting.length > MOST_WAITING) {
      this.#lost++
      return
    }
    const text = JSON.stringify({ ...line, secret: line.secret?.slice(0, LONGEST_NAME) })
    // whatever was asked for may stand in it, and whoever reads it may sit at a terminal
    this.#waiting += `${text.replace(/[\u007f-\uffff]/g, escaped)}\n`
    this.#writing ??= this.#drain()
    await Promise.resolve()
  }

  /** Until all is written, or for so many milliseconds: who holds the other end and does not read stops nobody. */
  async flush(patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>(resolve => (timer = setTimeout(resolve, patience)))
    await Promise.race([this.#writing, enough])
    clearTimeout(timer)
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== '') {
      // with the lines of all who are at this point now
      await Promise.resolve()
      const lost = this.#lost === 0 ? '' : `${JSON.stringify({ lost: this.#lost })}\n`
      const text = this.#waiting + lost
      this.#waiting = ''
      this.#lost = 0
      await this.#write(text)
    }
    this.#writing = undefined
  }
}
