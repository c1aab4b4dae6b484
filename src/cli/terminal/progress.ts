import type { Io } from './io.js'

const WIDTH = 30
/** The most redraws: drawing every step could take longer than the work itself. */
const STEPS = 200

/** Draws a progress bar on stderr, if that is a terminal. Call `step` after each item, and `end` at the end. */
export function progressBar(
  io: Io,
  label: string,
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
      draw(`\r${label} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total}`)
    },
    end: () => draw(`\r${' '.repeat(label.length + WIDTH + 2 * String(total).length + 6)}\r`)
  }
}
