const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Resolves `received` on SIGINT (Ctrl-C) or SIGTERM. Until `dispose`, these signals do not end the process. */
export function stopRequest(): { readonly received: Promise<void>; dispose(): void } {
  let dispose = (): void => undefined
  const received = new Promise<void>(resolve => {
    const stop = (): void => resolve()
    for (const signal of SIGNALS) process.on(signal, stop)
    dispose = () => {
      for (const signal of SIGNALS) process.removeListener(signal, stop)
    }
  })
  return { received, dispose: () => dispose() }
}
