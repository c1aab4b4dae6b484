import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { isJson, jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { regionOption, type Verb } from '../command/verb.js'
import { duration } from '../terminal/duration.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { Interrupted } from '../terminal/io.js'
import { jsonValue, readOptions, readSecret } from './get.js'

const DEFAULT = '45s'
const MAX_MS = 24 * 3_600_000

export const copy: Verb = {
  help: `Usage: git-vault copy NAME [FIELD] [options]

Put a secret, or one field of it, on the clipboard, without showing it. After 45
seconds the clipboard is cleared, if the value is still on it. The programs are
those of your system: wl-copy, xclip, xsel, pbcopy, clip.exe of Windows, or
termux-clipboard-set. The value never goes into arguments or a file. A clipboard
manager may keep what was copied; only wl-copy can tell it not to.

Options:
  --clear-after TIME  when to clear the clipboard: 1s to 24h (default: ${DEFAULT})
  --wait, -w          wait until then; Ctrl-C clears the clipboard at once
  --terminal          let the terminal copy the value (OSC 52), also over ssh;
                      only --wait clears it, whatever was copied since
  --version ID        copy the version with this id, or the only one whose id
                      starts so
  --label LABEL, -l   copy the version with this staging label (AWSCURRENT)
  --previous          copy the version before the current one (AWSPREVIOUS)
  --json-key KEY      the same as FIELD
  --json              print what was done as JSON, without the value
  --region REGION     the region of the secret (default: the vault's own)

Examples:
  git-vault copy prod/db password
  git-vault copy prod/db password --terminal --wait
`,
  options: {
    'clear-after': { kind: 'value' },
    wait: { kind: 'flag', short: 'w' },
    terminal: { kind: 'flag' },
    ...readOptions,
    ...jsonOption,
    ...regionOption
  },
  words: ['NAME', 'FIELD'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const seconds = clearAfter(parsed)
    const terminal = parsed.has('terminal') ? terminalOf(world) : undefined
    const clipboard = await services.clipboard()
    // before the secret is read: without a program, nothing is asked for
    const programs = terminal ? undefined : clipboard.clipboardPrograms()
    const value = new TextEncoder().encode(await textOf(parsed, world))
    const isWaiting = parsed.has('wait')
    const milliseconds = seconds * 1000
    const isCleared = programs ? programs.paste !== undefined : isWaiting
    const tell = (): Promise<void> => io.stdout.write(report(parsed, { seconds, isCleared }))
    let isInterrupted = false
    if (terminal) {
      const copied = async (): Promise<void> => {
        await terminal.write(osc52(value))
        value.fill(0)
        await tell()
      }
      const clear = (): Promise<void> => terminal.write(osc52(new Uint8Array()))
      if (isWaiting) isInterrupted = await clipboard.waitBetween(copied, milliseconds, clear)
      else await copied()
    } else if (programs && isWaiting) {
      isInterrupted = await clipboard.copyAndWait(programs, value, milliseconds, tell)
    } else if (programs) {
      await clipboard.copyForAWhile(programs, value, milliseconds)
      await tell()
    }
    if (isInterrupted) throw new Interrupted()
  }
}

function clearAfter(parsed: Parsed): number {
  const text = parsed.text('clear-after') ?? DEFAULT
  const milliseconds = duration(text)
  if (milliseconds === undefined || milliseconds < 1000 || milliseconds > MAX_MS)
    throw new UsageError(
      'input',
      `--clear-after cannot be '${visible(text)}'`,
      'pass a time from 1s to 24h, such as 45s or 5m'
    )
  return milliseconds / 1000
}

function terminalOf({ io }: World) {
  const found = [io.stderr, io.stdout].find(({ isTerminal }) => isTerminal)
  if (found) return found
  throw new UsageError('input', '--terminal needs a terminal', 'omit --terminal, or run copy at a terminal')
}

async function textOf(parsed: Parsed, world: World): Promise<string> {
  const { found, key, reader } = await readSecret(parsed, world)
  if (found.SecretString === undefined)
    throw new UsageError(
      'input',
      'this secret is binary, and a clipboard holds text',
      'git-vault get NAME > FILE'
    )
  return key === undefined ? found.SecretString : jsonValue(found.SecretString, key, reader)
}

/** What makes a terminal put a text on the clipboard; no text clears it. */
const osc52 = (text: Uint8Array): string => `\u001B]52;c;${base64(text)}\u0007`

const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))

function report(parsed: Parsed, { seconds, isCleared }: { seconds: number; isCleared: boolean }): string {
  const [name = '', word] = parsed.words
  const field = word ?? parsed.text('json-key')
  if (isJson(parsed))
    return visibleJson({
      Name: name,
      ...(field === undefined ? {} : { Field: field }),
      ...(isCleared ? { ClearedAfterSeconds: seconds } : {})
    })
  const what = field === undefined ? name : `${field} of ${name}`
  const end = parsed.has('terminal') ? 'it is not cleared' : 'it is not cleared: no program reads it'
  const then = isCleared ? `it is cleared in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}` : end
  return `${visible(`copied ${what} to the clipboard; ${then}`)}\n`
}
