/** How long a change waits for readers to end, in milliseconds. New readers wait meanwhile. */
const MAX_WAIT_MS = 100
const MAX_TRIES = 5

/**
 * Lets readers see the files only before a change or after it. A change waits for the readers that have begun, but not for
 * long ones: these read once more.
 */
export class Gate {
  #readers = 0
  #changes = 0
  #closed: Promise<void> | undefined
  #onEmpty: (() => void) | undefined

  async read<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      while (this.#closed) await this.#closed
      const changes = this.#changes
      this.#readers++
      const [outcome] = await Promise.allSettled([work()])
      if (--this.#readers === 0) this.#onEmpty?.()
      if (changes !== this.#changes && attempt < MAX_TRIES) continue
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    }
  }

  /** Runs what changes the files one by one. There must be one such change at a time. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    let open = (): void => undefined
    this.#closed = new Promise(resolve => (open = resolve))
    try {
      await this.#empty()
      this.#changes++
      return await work()
    } finally {
      this.#closed = undefined
      open()
    }
  }

  async #empty(): Promise<void> {
    if (this.#readers === 0) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, MAX_WAIT_MS)
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#onEmpty = undefined
  }
}
