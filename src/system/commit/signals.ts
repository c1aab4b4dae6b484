const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Delays SIGINT, SIGTERM and SIGHUP while git's locks are held, which takes milliseconds. A program with its own signal
 * handlers still gets the signal at once.
 */
export class SignalGate {
  #reopen: (() => void)[] = []

  close(): void {
    if (this.#reopen.length > 0) return
    this.#reopen = SIGNALS.map(signal => {
      const hasOther = process.listenerCount(signal) > 0
      let arrived = false
      const handler = (): void => {
        arrived = true
      }
      process.on(signal, handler)
      return () => {
        process.removeListener(signal, handler)
        if (arrived && !hasOther) process.kill(process.pid, signal)
      }
    })
  }

  open(): void {
    const reopen = this.#reopen
    this.#reopen = []
    for (const each of reopen) each()
  }
}
