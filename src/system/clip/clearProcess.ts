// The process that clears the clipboard later, a file of its own in the build: `node clipboard.cjs MILLISECONDS`, with a
// `Clearing` as JSON on stdin. It writes `ready`, or the reason for a failure in one line, to file descriptor 3. It never
// has the value: only by what to recognize it.
import { readFileSync } from 'node:fs'
import { reportReady, runDetached } from '../files/reportToParent.js'
import type { Clearing } from './clearLater.js'
import { clearIfSame } from './clipboard.js'
import { isReplaced } from './copyNote.js'
import { timeOrSignal } from './timeOrSignal.js'

async function main([milliseconds = '']: readonly string[]): Promise<void> {
  // by default it opens a debugger that other users can connect to
  process.on('SIGUSR1', () => undefined)
  const { programs, mark, note } = JSON.parse(readFileSync(0, 'utf8')) as Clearing
  const { ended } = timeOrSignal(Number(milliseconds))
  reportReady()
  await ended
  if (note && isReplaced(note)) return
  await clearIfSame(programs, mark, process.env)
}

runDetached(main)
