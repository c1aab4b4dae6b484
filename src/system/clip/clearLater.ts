import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import type { Mark } from './clipboard.js'
import type { ClipboardPrograms } from './clipboardPrograms.js'

type Environment = Readonly<Record<string, string | undefined>>

/** What the process that clears the clipboard is told. */
export interface Clearing {
  readonly programs: ClipboardPrograms
  readonly mark: Mark
}

/** Long enough for a busy machine. */
const START_TIMEOUT_MS = 15_000
const MAX_REPORT_LENGTH = 600

/** What the programs of a clipboard need to find it. Nothing else goes into a process that stays. */
const NEEDED =
  /^(?:PATH|HOME|DISPLAY|XAUTHORITY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|LANG|LC_\w+|WSL_\w+|PREFIX|LD_PRELOAD|TERMUX_\w+|SystemRoot|windir|ComSpec|USERPROFILE|TEMP|TMP|TMPDIR)$/i

/**
 * Starts a process that clears the clipboard after a time if the marked value is still on it, or at once if it is asked to
 * end. The process has a session of its own, so that closing the terminal does not end it, and it outlives this one. Throws
 * `FileFailed` if it does not start.
 * @returns ends the process: then nothing is cleared
 */
export async function clearLater(
  clearing: Clearing,
  milliseconds: number,
  env: Environment
): Promise<() => void> {
  const needed = Object.entries(env).filter(([name]) => NEEDED.test(name))
  const child = spawn(process.execPath, [join(__dirname, 'clipboard.cjs'), String(milliseconds)], {
    cwd: '/',
    detached: true,
    windowsHide: true,
    env: Object.fromEntries(needed),
    stdio: ['pipe', 'ignore', 'ignore', 'pipe']
  })
  const exit = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`its process ended with ${signal ?? `status ${code}`}`))
  })
  // a broken pipe is ignored: the report below shows that the child died
  child.stdin?.on('error', () => undefined).end(JSON.stringify(clearing))
  const timeout = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const report = await readReport(child.stdio[3] as Readable)
  clearTimeout(timeout)
  if (report !== 'ready')
    throw new VaultError(
      'FileFailed',
      `cannot clear the clipboard later: ${shown(report === '' ? await exit : report)}`
    )
  child.unref()
  return () => void child.kill('SIGKILL')
}

async function readReport(stream: Readable): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream) if (text.length < MAX_REPORT_LENGTH) text += chunk
  } catch {
    // the child could not be started
  }
  return text
}
