import { VaultError } from '../../core/errors.js'
import type { Exposed, Ledger } from '../../vault/team/exposure.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { isJson, jsonOptions } from '../command/json.js'
import type { World } from '../command/services.js'
import { failIfLeftOut, reportLeftOut } from '../command/skipped.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { exit } from '../terminal/exit.js'
import { localTime } from '../terminal/localTime.js'
import { rotateExposed } from './rotateExposed.js'

export const exposure: Verb = {
  help: `Usage: git-vault exposure [--fail] [--json]
       git-vault exposure --rotate [--fail] [--yes]
       git-vault exposure waive NAME --until DATE --reason TEXT
                          [--region REGION]

List the values that members without the right could read, or wrote: each
labelled version, the member, and when the member lost the right.

To clear an entry, store a new value (git-vault put NAME, git-vault rotate NAME,
or git-vault rotate NAME --generate without a function), and move every label
off the old version, AWSPREVIOUS too. Storing the same value again, or
re-encrypting it, does not clear it.

With --rotate, secrets that have a rotation function are rotated once, and what
is left is listed with a command for each. An exposed value is AWSPREVIOUS then,
for programs that have not read the new one yet. Another rotation clears it.

  waive   record why the value of a secret may stay for a while

Options:
  --fail          exit with an error if a value has no waiver, for CI
  --rotate        rotate every secret in the list that has a function
  --yes, -y       with --rotate: do not ask for confirmation
  --json          print JSON, also as --output json
  --until DATE    waive: the last date for the value to stay, as 2027-01-31
  --reason TEXT   waive: the reason; it is signed, and everyone can read it
  --region REGION waive: the region of the secret (default: the vault's own)

Example:
  git-vault exposure --fail
`,
  options: {
    fail: { kind: 'flag' },
    rotate: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    ...jsonOptions,
    until: { kind: 'value' },
    reason: { kind: 'value' },
    ...regionOption
  },
  words: ['waive', 'NAME'],
  required: 0,

  async run(parsed, world) {
    const [action, name] = parsed.words
    if (action === undefined) return list(parsed, world)
    if (action !== 'waive') throw new UsageError('input', `exposure has no action '${visible(action)}'`)
    return waive(name, parsed, world)
  }
}

async function list(parsed: Parsed, world: World): Promise<number> {
  const { io, services } = world
  for (const option of ['until', 'reason', 'region'])
    if (parsed.has(option)) throw new UsageError('input', `--${option} can only be used with exposure waive`)
  const isRotating = parsed.has('rotate')
  if (parsed.has('yes') && !isRotating)
    throw new UsageError('input', '--yes can only be used with exposure --rotate')
  if (isRotating && isJson(parsed)) throw new UsageError('input', '--json cannot be combined with --rotate')
  const vault = await openCurrentVault(world)
  let ledger = await services.exposure(vault, () => undefined)
  const { exposed, skipped } = ledger
  if (isJson(parsed)) await io.stdout.write(visibleJson({ exposed, left: skipped }))
  else {
    await io.stdout.write(exposed.map(describeExposed).join(''))
    if (exposed.length === 0) await io.stdout.write('no value is exposed\n')
  }
  await reportLeftOut(skipped, io)
  let code: number = exit.ok
  if (isRotating && exposed.length > 0) {
    code = await rotateExposed(vault, ledger, parsed.has('yes'), world)
    ledger = await services.exposure(vault, () => undefined)
  }
  if (code !== exit.ok) return code
  if (parsed.has('fail')) failIfExposed(ledger)
  failIfLeftOut(skipped)
  return code
}

function failIfExposed({ exposed, skipped }: Ledger): void {
  const open = exposed.filter(({ waiver }) => !waiver).length
  if (open + skipped.length > 0)
    throw new VaultError(
      'ValuesExposed',
      `${open} exposed ${open === 1 ? 'value' : 'values'} must be replaced`,
      { hint: 'store a new value, or record why the old one may stay: git-vault exposure waive' }
    )
}

function describeExposed({ secret, versionId, labels, to, waiver }: Exposed): string {
  const who = to.map(
    ({ member, how, since }) =>
      `  ${member} ${how === 'read' ? 'could read it' : 'wrote it'}; without the right since ${localTime(since)}`
  )
  const until = waiver ? [`  waived by ${waiver.by} until ${localTime(waiver.until)}: ${waiver.reason}`] : []
  return visibleRows([`${secret}  ${versionId}  ${labels.join(', ')}`, ...who, ...until])
}

async function waive(name: string | undefined, parsed: Parsed, world: World): Promise<void> {
  const [until, reason] = [parsed.text('until'), parsed.text('reason')]
  for (const option of ['json', 'rotate', 'yes'])
    if (parsed.has(option)) throw new UsageError('input', `--${option} cannot be used with exposure waive`)
  if (name === undefined || until === undefined || reason === undefined)
    throw new UsageError('input', 'exposure waive needs NAME, --until and --reason')
  const date = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?$/.test(until) ? new Date(until) : new Date(Number.NaN)
  if (Number.isNaN(date.getTime())) throw new UsageError('input', '--until takes a date, such as 2027-01-31')
  const vault = await openCurrentVault(world, parsed.text('region'))
  const versions = await world.services.waive(vault, name, { until: date, reason })
  await world.io.stdout.write(
    `waived ${visible(name)} until ${localTime(date)}: ${versions.map(visible).join(', ')}\n`
  )
}
