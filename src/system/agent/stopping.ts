/** Resolves when this process is asked to stop: with Ctrl-C, or by whoever runs it. */
export function askedToStop(): { readonly asked: Promise<void>; forget(): void } {
  let forget = (): void => undefined
  const asked = new Promise<void>(resolve => {
    const stop = (): void => resolve()
    for (const signal of SIGNALS) process.on(signal, stop)
    forget = () => {
      for (const signal of SIGNALS) process.removeListener(signal, stop)
    }
  })
  return { asked, forget: () => forget() }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
