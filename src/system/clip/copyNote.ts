import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { suffix } from '../files/files.js'

type Environment = Readonly<Record<string, string | undefined>>

/** By what the process that clears a copied value later finds out that another copy was made since. */
export interface CopyNote {
  /** Holds the mark of the last copy. */
  readonly file: string
  /** The mark of this copy. */
  readonly own: string
  /** The mark that was there before; empty if there was none. */
  readonly before: string
}

/** Returns the note of a copy that is about to be made; `undefined` if the system provides no folder for the user's session. */
export function copyNote(env: Environment): CopyNote | undefined {
  const folder = env['XDG_RUNTIME_DIR'] || (process.platform === 'darwin' && env['TMPDIR'])
  if (!folder || !isAbsolute(folder) || !isOwn(folder)) return undefined
  const screen = [env['WAYLAND_DISPLAY'], env['DISPLAY']].join('\0')
  const name = createHash('sha256').update(screen).digest('hex').slice(0, 16)
  const file = join(folder, `git-vault-clipboard-${name}`)
  return { file, own: suffix(), before: markIn(file) }
}

/** To be called when the value is on the clipboard. If that fails, an earlier copy of the same value clears it too early. */
export function writeNote({ file, own }: CopyNote): void {
  const temporary = `${file}.${own}`
  try {
    fs.writeFileSync(temporary, own, { mode: 0o600, flag: 'wx' })
    fs.renameSync(temporary, file)
  } catch {
    fs.rmSync(temporary, { force: true })
  }
}

/** Whether another copy was made since: its own process clears the clipboard. */
export function isReplaced({ file, own, before }: CopyNote): boolean {
  const now = markIn(file)
  return now !== '' && now !== own && now !== before
}

/** Whether no other user can change what is in the folder. */
function isOwn(folder: string): boolean {
  const stat = fs.statSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.() && (stat.mode & 0o077) === 0
}

function markIn(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
