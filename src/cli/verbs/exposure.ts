import { VaultError } from '../../core/errors.js'
import type { Exposed } from '../../vault/team/exposure.js'
import type { Parsed } from '../arguments/arguments.js'
import { shownLines, visible } from '../terminal/escape.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const exposure: Verb = {
  help: `Usage: git-vault exposure [--fail] [--output json]
       git-vault exposure waive NAME --until DATE --reason TEXT

List the values that somebody without the right could have read, or wrote: of each labelled version, who and
since when. A new value clears it, once no label is on the old one, AWSPREVIOUS either; the same value again,
or another encryption of it, does not.

Options:
  --fail          end with an error while there is one without a waiver: for CI
  --output json   as JSON
  --until DATE    until when a value may stay: 2027-01-31
  --reason TEXT   why; it is signed, and everybody can read it

Example:
  git-vault exposure --fail
`,
  options: {
    fail: { kind: 'flag' },
    output: { kind: 'value', choices: ['text', 'json'] },
    until: { kind: 'value' },
    reason: { kind: 'value' }
  },
  words: ['waive', 'NAME'],
  required: 0,

  async run(parsed, world) {
    const [action, name] = parsed.words
    if (action === undefined) await list(parsed, world)
    else if (action !== 'waive') throw new UsageError('input', `exposure does not know '${visible(action)}'`)
    else await waive(name, parsed, world)
  }
}

async function list(parsed: Parsed, world: World): Promise<void> {
  const { io, services } = world
  for (const option of ['until', 'reason'])
    if (parsed.has(option)) throw new UsageError('input', `--${option} goes with exposure waive`)
  const { exposed, left } = await services.exposure(await openVault(world), () => undefined)
  if (parsed.text('output') === 'json')
    await io.stdout.write(`${JSON.stringify({ exposed, left }, null, 2)}\n`)
  else {
    await io.stdout.write(exposed.map(described).join(''))
    if (exposed.length === 0) await io.stdout.write('no value is exposed\n')
    for (const { why } of left)
      await io.stderr.write(`git-vault: says nothing, for it does not count: ${visible(why)}\n`)
  }
  const open = exposed.filter(({ waiver }) => !waiver).length
  if (parsed.has('fail') && open + left.length > 0)
    throw new VaultError(
      'ValuesExposed',
      `${open} exposed ${open === 1 ? 'value has' : 'values have'} to be replaced`,
      {
        hint: 'put a new value, or git-vault exposure waive says why it may stay'
      }
    )
}

function described({ secret, versionId, labels, to, waiver }: Exposed): string {
  const who = to.map(
    ({ member, how, since }) =>
      `  ${how === 'read' ? 'could be read' : 'was written'} by ${member}, without the right since ${when(since)}`
  )
  const until = waiver ? [`  may stay until ${when(waiver.until)}, says ${waiver.by}: ${waiver.reason}`] : []
  return shownLines([`${secret}  ${versionId}  ${labels.join(', ')}`, ...who, ...until])
}

async function waive(name: string | undefined, parsed: Parsed, world: World): Promise<void> {
  const [until, reason] = [parsed.text('until'), parsed.text('reason')]
  if (name === undefined || until === undefined || reason === undefined)
    throw new UsageError('input', 'exposure waive needs NAME, --until and --reason')
  const date = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?$/.test(until) ? new Date(until) : new Date(Number.NaN)
  if (Number.isNaN(date.getTime())) throw new UsageError('input', '--until takes a date, such as 2027-01-31')
  const versions = await (
    await world.services.team()
  ).waive(await openVault(world), name, { until: date, reason })
  await world.io.stdout.write(
    `${visible(name)} may stay until ${when(date)}: ${versions.map(visible).join(', ')}\n`
  )
}
