// The process that clears the clipboard later, a file of its own in the build: `node clipboard.cjs MILLISECONDS`, with a
// `Clearing` as JSON on stdin. It writes `ready`, or the reason for a failure in one line, to file descriptor 3. It never
// has the value: only by what to recognize it.
import { closeSync, readFileSync, writeSync } from 'node:fs'
import type { Clearing } from './clearLater.js'
import { clearIfSame } from './clipboard.js'
import { timeOrSignal } from './timeOrSignal.js'

const REPORT_FD = 3

async function main([milliseconds = '']: readonly string[]): Promise<void> {
  // by default it opens a debugger that other users can connect to
  process.on('SIGUSR1', () => undefined)
  const { programs, mark } = JSON.parse(readFileSync(0, 'utf8')) as Clearing
  const { ended } = timeOrSignal(Number(milliseconds))
  // throws if the parent process has exited
  writeSync(REPORT_FD, 'ready')
  closeSync(REPORT_FD)
  await ended
  await clearIfSame(programs, mark, process.env)
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    try {
      writeSync(REPORT_FD, error instanceof Error ? error.message : String(error))
    } catch {
      // nobody waits for a report any more
    }
    process.exit(1)
  }
)
