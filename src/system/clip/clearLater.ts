import { startDetached } from '../files/detached.js'
import type { Mark } from './clipboard.js'
import type { ClipboardPrograms } from './clipboardPrograms.js'
import type { CopyNote } from './copyNote.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The orders of the process that clears the clipboard. */
export interface Clearing {
  readonly programs: ClipboardPrograms
  readonly mark: Mark
  readonly note?: CopyNote | undefined
}

/** The variables by which the programs of a clipboard find it. No other goes into a process that stays. */
const NEEDED =
  /^(?:PATH|HOME|DISPLAY|XAUTHORITY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|LANG|LC_\w+|WSL_\w+|PREFIX|LD_PRELOAD|TERMUX_\w+|SystemRoot|windir|ComSpec|USERPROFILE|TEMP|TMP|TMPDIR)$/i

/**
 * Starts a process that clears the clipboard after a time if the marked value is still on it and was not copied again, or at
 * once if it is asked to end. The process outlives this one and its terminal. Throws `FileFailed` if it does not start.
 * @returns ends the process: then nothing is cleared
 */
export async function clearLater(
  clearing: Clearing,
  milliseconds: number,
  env: Environment
): Promise<() => void> {
  const needed = Object.entries(env).filter(([name]) => NEEDED.test(name))
  const child = await startDetached({
    ...{ program: 'clipboard', args: [String(milliseconds)], env: Object.fromEntries(needed) },
    input: JSON.stringify(clearing),
    ...{ name: 'its process', failure: 'cannot clear the clipboard later' }
  })
  return () => void child.kill('SIGKILL')
}
