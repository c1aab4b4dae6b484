import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from '../files/files.js'
import { systemRandom } from '../files/random.js'
import type { ClipboardPrograms, Command } from './clipboardPrograms.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * By what a value is recognized on the clipboard later, without keeping it: HMAC-SHA-256 under a key that is drawn for it.
 * Both in base64. Whoever has it can test a guess, so it is passed over a pipe and never stored.
 */
export interface Mark {
  readonly key: string
  readonly mac: string
}

/** A program that hangs, for example because the display is gone. */
const TIMEOUT_MS = 10_000
/** More than any value of a secret. */
const MAX_BYTES = 1 << 20

export function markOf(value: Uint8Array): Mark {
  const key = Buffer.from(systemRandom.bytes(32))
  return { key: key.toString('base64'), mac: createHmac('sha256', key).update(value).digest('base64') }
}

/** Puts a text on the clipboard, over the program's standard input. Throws `FileFailed` if the program fails. */
export async function setClipboard(
  programs: ClipboardPrograms,
  value: Uint8Array,
  env: Environment
): Promise<void> {
  await runClipboard(programs.copy, env, encoded(programs, value))
}

/** Empties the clipboard if the marked value is still on it. Returns whether it was. Throws `FileFailed` if a program fails. */
export async function clearIfSame(
  programs: ClipboardPrograms,
  mark: Mark,
  env: Environment
): Promise<boolean> {
  if (!programs.paste || !(await isOnClipboard(programs.paste, mark, env))) return false
  await runClipboard(programs.clear, env, new Uint8Array())
  return true
}

/** The clipboard may hold anything, so it is hashed while it is read and never kept. A program fails if it is empty. */
async function isOnClipboard(paste: Command, { key, mac }: Mark, env: Environment): Promise<boolean> {
  const child = start(paste, env, ['ignore', 'pipe', 'ignore'])
  const ended = ending(child)
  const hash = createHmac('sha256', Buffer.from(key, 'base64'))
  let length = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
    chunk.fill(0)
    if (length > MAX_BYTES) break
  }
  child.kill()
  await ended
  return length <= MAX_BYTES && timingSafeEqual(hash.digest(), Buffer.from(mac, 'base64'))
}

async function runClipboard(command: Command, env: Environment, input: Uint8Array): Promise<void> {
  // its output is closed: a program that stays to serve the clipboard would keep a pipe open
  const child = start(command, env, ['pipe', 'ignore', 'ignore'])
  const ended = ending(child)
  // a program that ends early reports that by its exit code
  child.stdin!.on('error', () => undefined).end(input)
  const status = await ended
  if (status === 0) return
  const [program] = command
  throw new VaultError(
    'FileFailed',
    typeof status === 'number'
      ? `cannot use the clipboard: ${program} ended with exit code ${status}`
      : `cannot use the clipboard: ${program} was ended by ${status}`
  )
}

function start([program, ...args]: Command, env: Environment, stdio: StdioOptions): ChildProcess {
  return spawn(program, args, { env, stdio, cwd: '/', timeout: TIMEOUT_MS })
}

function ending(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? signal))
  }).catch((error: unknown) => {
    throw fileFailed('cannot use the clipboard', error)
  })
}

/** clip.exe takes text that is not ASCII in UTF-16 only. */
function encoded({ encoding }: ClipboardPrograms, value: Uint8Array): Uint8Array {
  if (encoding === undefined || value.every(byte => byte < 0x80)) return value
  return Buffer.from(Buffer.from(value).toString('utf8'), encoding)
}
