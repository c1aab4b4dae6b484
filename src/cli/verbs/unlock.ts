import { duration } from '../terminal/duration.js'
import { visible } from '../terminal/escape.js'
import { passphrase } from '../command/passphrase.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

const DEFAULT = '15m'
const SHORTEST = 1_000
const LONGEST = 24 * 3_600_000

export const unlock: Verb = {
  help: `Usage: git-vault unlock [--ttl TIME]
       git-vault unlock --status

Ask for the passphrase of your identity once, and for none from then on, until the time is over or git-vault
lock ends it. A process of git-vault's keeps the identity in its memory and gives it to commands of yours over
a socket that no other user can reach. Whatever runs as you can ask it, too.

While that lasts, the same command asks for the passphrase again and begins a new time.

Options:
  --ttl TIME  how long, from 1s to 24h: 30s, 15m, 8h (${DEFAULT}); the time that the machine sleeps counts
  --status    only say whether it is unlocked, and until when

Example:
  git-vault unlock --ttl 8h
`,
  options: { ttl: { kind: 'value' }, status: { kind: 'flag' } },
  words: [],
  required: 0,

  async run(parsed, { io, services }) {
    const ttl = parsed.text('ttl')
    if (parsed.has('status') && ttl !== undefined)
      throw new UsageError('input', '--status and --ttl exclude each other')
    const standing = parsed.has('status')
      ? await services.unlocked()
      : await services.unlock({ ttl: timeOf(ttl ?? DEFAULT), passphrase: passphrase(io, services.ask) })
    if (standing.kind === 'open')
      await io.stdout.write(
        `there is nothing to unlock: the identity from ${visible(standing.from)} has no passphrase\n`
      )
    else if (standing.kind === 'locked') await io.stdout.write('locked\n')
    else await io.stdout.write(`unlocked until ${when(new Date(standing.until))}\n`)
  }
}

function timeOf(text: string): number {
  const time = duration(text)
  if (time !== undefined && time >= SHORTEST && time <= LONGEST) return time
  throw new UsageError('input', '--ttl takes a time from 1s to 24h, such as 30s, 15m or 8h')
}
