import type { Io } from './io.js'

const WIDTH = 30
/** A line for each of them would take longer than what it tells of. */
const STEPS = 200

/** A bar on stderr, where that is a terminal. Gives what to call for each thing that is done, and at the end. */
export function progressBar(
  io: Io,
  what: string,
  total: number
): { readonly step: () => void; readonly end: () => void } {
  if (!io.stderr.isTerminal || total === 0) return { step: () => undefined, end: () => undefined }
  const every = Math.max(1, Math.floor(total / STEPS))
  let done = 0
  const draw = (text: string): void => void io.stderr.write(text).catch(() => undefined)
  return {
    step() {
      done++
      if (done % every > 0 && done < total) return
      const filled = Math.round((WIDTH * Math.min(done, total)) / total)
      draw(`\r${what} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total}`)
    },
    end: () => draw(`\r${' '.repeat(what.length + WIDTH + 2 * String(total).length + 6)}\r`)
  }
}
