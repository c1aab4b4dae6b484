import { clearLater } from '../system/clip/clearLater.js'
import { clearIfSame, markOf, setClipboard } from '../system/clip/clipboard.js'
import * as system from '../system/clip/clipboardPrograms.js'
import { copyNote, isReplaced, writeNote } from '../system/clip/copyNote.js'
import { timeOrSignal } from '../system/clip/timeOrSignal.js'
import { withSafePath } from '../system/files/programs.js'
import { programEnvironment } from '../core/run/programEnvironment.js'

export type { ClipboardPrograms } from '../system/clip/clipboardPrograms.js'

/** Returns the programs of this session's clipboard. Throws `FileFailed`, saying what to install, if there are none. */
export const clipboardPrograms = (): system.ClipboardPrograms =>
  system.clipboardPrograms(environment(), process.platform)

/** Puts a value on the clipboard. Another process clears it later, if it is still there. Wipes the bytes. */
export async function copyForAWhile(
  programs: system.ClipboardPrograms,
  value: Uint8Array,
  milliseconds: number
): Promise<void> {
  const env = environment()
  const note = copyNote(env)
  // without a program that reads the clipboard, nothing would recognize the value
  const cancel =
    programs.paste && (await clearLater({ programs, mark: markOf(value), note }, milliseconds, env))
  try {
    await setClipboard(programs, value, env)
    if (note) writeNote(note)
  } catch (error) {
    cancel?.()
    throw error
  } finally {
    value.fill(0)
  }
}

/**
 * Puts a value on the clipboard, and clears it after a time, or at a signal, if it is still there. Wipes the bytes.
 * @returns whether Ctrl-C has ended the wait; another signal ends this process
 */
export async function copyAndWait(
  programs: system.ClipboardPrograms,
  value: Uint8Array,
  milliseconds: number,
  onCopied: () => Promise<void>
): Promise<boolean> {
  const env = environment()
  const mark = markOf(value)
  const note = copyNote(env)
  const copied = async (): Promise<void> => {
    await setClipboard(programs, value, env).finally(() => value.fill(0))
    if (note) writeNote(note)
    await onCopied()
  }
  return waitBetween(copied, milliseconds, async () => {
    if (!note || !isReplaced(note)) await clearIfSame(programs, mark, env)
  })
}

/**
 * Does something, waits for a time or a signal, and undoes it, also if it fails. Until then, no signal ends this process.
 * @returns whether Ctrl-C has ended the wait; another signal ends this process
 */
export async function waitBetween(
  work: () => Promise<void>,
  milliseconds: number,
  undo: () => Promise<void>
): Promise<boolean> {
  const wait = timeOrSignal(milliseconds)
  try {
    await work()
  } catch (error) {
    wait.stop()
    await undo().catch(() => undefined)
    throw error
  }
  const signal = await wait.ended
  await undo()
  if (signal !== undefined && signal !== 'SIGINT') process.kill(process.pid, signal)
  return signal === 'SIGINT'
}

function environment(): Readonly<Record<string, string | undefined>> {
  const env = withSafePath(programEnvironment(process.env))
  // without a locale, pbcopy and pbpaste take everything but ASCII for another encoding
  return process.platform === 'darwin' && !env['LC_ALL'] ? { ...env, LC_CTYPE: 'UTF-8' } : env
}
