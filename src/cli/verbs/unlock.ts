import type { UnlockStatus } from '../../app/unlock.js'
import { duration } from '../terminal/duration.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { isJson, jsonOption } from '../command/json.js'
import { passphrase } from '../command/passphrase.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

const DEFAULT = '15m'
const MIN_MS = 1_000
const MAX_MS = 24 * 3_600_000

export const unlock: Verb = {
  help: `Usage: git-vault unlock [--ttl TIME]
       git-vault unlock --status [--json]

Ask for the passphrase of your identity once. Until the time is over, or until
git-vault lock, other commands do not ask for it. An agent process keeps the
identity in memory and gives it to your commands over a socket that no other
user can reach. Any program that runs as you can ask it too.

To start a new time, run unlock again; it asks for the passphrase again.

Options:
  --ttl TIME  how long: 1s to 24h, such as 30s, 15m or 8h (default: ${DEFAULT});
              includes the time that the machine sleeps
  --status    only report whether the identity is unlocked, and until when
  --json      with --status: print JSON

Example:
  git-vault unlock --ttl 8h
`,
  options: { ttl: { kind: 'value' }, status: { kind: 'flag' }, ...jsonOption },
  words: [],
  required: 0,

  async run(parsed, { io, services }) {
    const ttl = parsed.text('ttl')
    if (parsed.has('status') && ttl !== undefined)
      throw new UsageError('input', '--status and --ttl cannot be combined')
    if (isJson(parsed) && !parsed.has('status'))
      throw new UsageError('input', '--json can only be used with --status')
    const status = parsed.has('status')
      ? await services.unlocked()
      : await services.unlock({ ttl: parseTtl(ttl ?? DEFAULT), passphrase: passphrase(io, services.ask) })
    if (isJson(parsed)) await io.stdout.write(visibleJson(plainStatus(status)))
    else if (status.kind === 'open')
      await io.stdout.write(
        `nothing to unlock: the identity from ${visible(status.from)} has no passphrase\n`
      )
    else if (status.kind === 'locked') await io.stdout.write('locked\n')
    else await io.stdout.write(`unlocked until ${localTime(new Date(status.until))}\n`)
  }
}

/** JSON has times as texts. */
const plainStatus = (status: UnlockStatus): object =>
  status.kind === 'unlocked' ? { ...status, until: new Date(status.until) } : status

function parseTtl(text: string): number {
  const time = duration(text)
  if (time !== undefined && time >= MIN_MS && time <= MAX_MS) return time
  throw new UsageError('input', '--ttl must be a time from 1s to 24h, such as 30s, 15m or 8h')
}
