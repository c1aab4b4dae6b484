const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * While git's locks are held, which is milliseconds, being asked to stop waits until they are released. A
 * program with handlers of its own gets the signal at once, as always.
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
