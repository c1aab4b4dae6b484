import type { DueSecret } from '../../app/rotation/dueSecrets.js'
import { shownName } from '../../vault/documents/place.js'
import { VaultError } from '../../core/errors.js'
import { UsageError } from '../arguments/usage.js'
import { isJson, jsonOption } from '../command/json.js'
import { failIfLeftOut } from '../command/skipped.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { days } from '../terminal/duration.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { table } from '../terminal/paint.js'

export const due: Verb = {
  help: `Usage: git-vault due [--within 7d] [--fail] [--json]

List the secrets of all regions whose rotation needs attention, with the window
in which each can be rotated, and the function. Decrypts nothing.

  failed          the last run in this clone failed
  incomplete      a rotation has begun and is not complete
  due             its window is open
  overdue         it missed a window, and the next one is not open yet
  never rotated   its rotation is on, and none was completed
  soon            with --within: its window opens within that time

Options:
  --within TIME   list also what has its window within this time, such as 7d or
                  12h
  --fail          exit with an error if a secret is listed, for CI
  --json          print JSON

Example:
  git-vault due --within 7d
`,
  options: { within: { kind: 'value' }, fail: { kind: 'flag' }, ...jsonOption },
  words: [],
  required: 0,
  completes: { '--within': 'none' },

  async run(parsed, world) {
    const { io, services } = world
    const text = parsed.text('within')
    const within = text === undefined ? 0 : days(text)
    if (within === undefined)
      throw new UsageError(
        'input',
        `--within does not take '${visible(text ?? '')}'`,
        'use days, hours or minutes, for example: --within 7d'
      )
    const vault = await openCurrentVault(world)
    const found = await (await services.scheduled()).dueSecrets(vault, within)
    if (isJson(parsed)) await io.stdout.write(visibleJson({ due: found, left: vault.skipped }))
    else if (found.length > 0) await io.stdout.write(visibleRows(table(found.map(row))))
    else await io.stdout.write('no secret is due for rotation\n')
    if (parsed.has('fail') && found.length > 0)
      throw new VaultError(
        'RotationDue',
        `the rotation of ${found.length === 1 ? '1 secret' : `${found.length} secrets`} needs attention`,
        { hint: 'git-vault rotate --due' }
      )
    failIfLeftOut(vault.skipped)
  }
}

function row(secret: DueSecret): string[] {
  const { State, RotationLambdaARN, IsRegistered, IsRunning, LastFailure } = secret
  const notes = [
    ...(IsRegistered ? [] : ['not registered here']),
    ...(IsRunning ? ['a process is rotating it now'] : []),
    ...(LastFailure ? [`${LastFailure.step ?? 'before the first step'}: ${LastFailure.reason}`] : [])
  ]
  return [shownName(secret.Name, secret.Region), State, windowOf(secret), RotationLambdaARN, notes.join('; ')]
}

function windowOf({ WindowStart, WindowEnd }: DueSecret): string {
  return WindowStart && WindowEnd ? `${localTime(WindowStart)} to ${localTime(WindowEnd)}` : 'no schedule'
}
