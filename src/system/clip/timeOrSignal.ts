const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Often enough for a time in seconds. A single timer would also wait for as long as the machine slept. */
const INTERVAL_MS = 250

export interface Wait {
  /** Resolves when the time is over, or with the signal that came first. */
  readonly ended: Promise<NodeJS.Signals | undefined>
  /** Ends the wait early. */
  stop(): void
}

/** Waits, the machine's sleep included. Until the end, no signal ends this process. */
export function timeOrSignal(milliseconds: number): Wait {
  let stop = (): void => undefined
  const ended = new Promise<NodeJS.Signals | undefined>(resolve => {
    const since = [Date.now(), performance.now()] as const
    const end = (signal?: NodeJS.Signals): void => {
      clearInterval(timer)
      for (const [name, handler] of handlers) process.removeListener(name, handler)
      resolve(signal)
    }
    // the wall clock may be set back, and the other one may stand still
    const passed = (): number => Math.max(Date.now() - since[0], performance.now() - since[1])
    const timer = setInterval(
      () => {
        if (passed() >= milliseconds) end()
      },
      Math.min(INTERVAL_MS, milliseconds)
    )
    const handlers = SIGNALS.map(name => [name, () => end(name)] as const)
    for (const [name, handler] of handlers) process.on(name, handler)
    stop = end
  })
  return { ended, stop: () => stop() }
}
