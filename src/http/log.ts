/** The log line of one request. It never holds a secret value. */
export interface LogLine {
  readonly time: string
  readonly id: string
  readonly operation?: string | undefined
  readonly secret?: string | undefined
  /** The access key id, once the signature is verified; `agent` for the agent's protocol. */
  readonly key?: string | undefined
  /** The HTTP status; 0 if the client disconnected. */
  readonly status: number
  readonly error?: string | undefined
  /** Details that the client does not get: the code and text of a vault error, or the place of a bug. */
  readonly cause?: string | undefined
  readonly ms: number
}

/** Characters that may wait for a reader. Lines beyond it are dropped and counted. */
const MOST_WAITING = 1 << 20
const LONGEST_NAME = 600

/** A line of JSON in ASCII: it may hold any text from a client, and may be shown on a terminal. */
export function logText(line: object): string {
  const { secret } = line as { readonly secret?: string | undefined }
  const text = JSON.stringify({ ...line, secret: secret?.slice(0, LONGEST_NAME) })
  return `${text.replace(/[\u007f-\uffff]/g, escaped)}\n`
}

const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Writes lines of JSON. Lines that are added together are written together. */
export class Log {
  readonly #write: (text: string) => Promise<void>
  #waiting = ''
  #lost = 0
  #writing: Promise<void> | undefined

  /** @param write must never reject: requests are answered even if nobody reads the log any longer */
  constructor(write: (text: string) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once the line is being written or is queued behind an earlier write. */
  async add(line: LogLine): Promise<void> {
    if (this.#waiting.length > MOST_WAITING) {
      this.#lost++
      return
    }
    this.#waiting += logText(line)
    this.#writing ??= this.#drain()
    await Promise.resolve()
  }

  /**
   * Resolves once all is written, or after `patience` milliseconds: a reader that does not read must not
   * block us.
   */
  async flush(patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>(resolve => (timer = setTimeout(resolve, patience)))
    await Promise.race([this.#writing, enough])
    clearTimeout(timer)
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== '') {
      // includes the lines that are added in the same tick
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
