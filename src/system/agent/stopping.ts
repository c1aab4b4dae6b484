/** By default SIGQUIT (Ctrl-\) writes the memory, and with it the identity, into a core dump. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const

/**
 * Resolves `received`, with the signal, on SIGINT (Ctrl-C), SIGTERM, SIGQUIT or SIGHUP (a closed terminal). Until `dispose`,
 * these signals do not end the process. From this call on, SIGUSR1 opens no debugger.
 */
export function stopRequest(): { readonly received: Promise<NodeJS.Signals>; dispose(): void } {
  process.on('SIGUSR1', () => undefined)
  let dispose = (): void => undefined
  const received = new Promise<NodeJS.Signals>(resolve => {
    for (const signal of SIGNALS) process.on(signal, resolve)
    dispose = () => {
      for (const signal of SIGNALS) process.removeListener(signal, resolve)
    }
  })
  return { received, dispose: () => dispose() }
}
