import { closeSync, writeSync } from 'node:fs'

const REPORT_FD = 3

/** Tells the process that waits in `startDetached` that this one is ready. Throws if that process has exited. */
export function reportReady(): void {
  writeSync(REPORT_FD, 'ready')
  closeSync(REPORT_FD)
}

/** Tells the same process in one line why this one fails before it is ready. */
export function reportFailure(error: unknown): void {
  try {
    writeSync(REPORT_FD, error instanceof Error ? error.message : String(error))
  } catch {
    // nobody waits for a report any more
  }
}

/** Runs a detached program and ends this process. If it fails before it is ready, reports the reason in one line. */
export function runDetached(main: (args: readonly string[]) => Promise<void>): void {
  main(process.argv.slice(2)).then(
    () => process.exit(0),
    (error: unknown) => {
      reportFailure(error)
      process.exit(1)
    }
  )
}
