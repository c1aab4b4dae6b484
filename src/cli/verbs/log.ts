import type { LogEntry, LogOptions } from '../../vault/log/log.js'
import { visible } from '../terminal/escape.js'
import { paintFor, type Paint } from '../terminal/paint.js'
import { UsageError } from '../arguments/usage.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const log: Verb = {
  help: `Usage: git-vault log [NAME] [options]

Show what was done in the vault, or to one secret, newest first: commit, time,
member, operation, secret, version. A secret's log includes both sides of every
merge, and goes on after the secret was removed. A line that ends in (unsigned)
is only the text of a commit message, and anyone who can push can write one.
So is the step of a rotation and its function, in brackets.

Options:
  --limit N, -n N   show only the newest N lines
  --json            print one event on each line, in the form of CloudTrail
  --region REGION   the region of the secret NAME (default: the vault's own);
                    without NAME, show only the secrets of this region

Example:
  git-vault log prod/db -n 10
`,
  options: { limit: { kind: 'integer', short: 'n' }, ...jsonOption, ...regionOption },
  words: ['NAME'],
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const limit = parsed.integer('limit')
    if (limit !== undefined && limit < 1) throw new UsageError('input', '--limit must be at least 1')
    const [secretId] = parsed.words
    const region = parsed.text('region')
    const options: LogOptions = {
      ...(region === undefined ? {} : { region }),
      ...(secretId === undefined ? {} : { secretId }),
      ...(limit === undefined ? {} : { limit })
    }
    const vault = await openCurrentVault(world, region)
    if (isJson(parsed)) {
      for await (const event of services.cloudTrail(vault, options))
        await io.stdout.write(`${visible(JSON.stringify(event))}\n`)
      return
    }
    const paint = paintFor(io)
    for await (const entry of services.log(vault, options))
      await io.stdout.write(`${logLine(entry, paint)}\n`)
  }
}

function logLine(entry: LogEntry, paint: Paint): string {
  const cells = [
    paint.dim(visible(entry.commit.slice(0, 12))),
    localTime(entry.time),
    visible(entry.member ?? entry.author),
    visible(entry.operation),
    visible(entry.secret ?? ''),
    visible(entry.versionId ?? ''),
    entry.rotation ? visible(rotationText(entry.rotation)) : '',
    entry.signed ? '' : '(unsigned)'
  ]
  return cells.filter(cell => cell !== '').join('  ')
}

/** What the commit's message says of a rotation: its step and its function. */
const rotationText = ({ function: name, step }: NonNullable<LogEntry['rotation']>): string =>
  step === undefined ? `[rotation by ${name}]` : `[${step} by ${name}]`
