import type { Rotated } from '../../app/rotation/rotate.js'
import type { Vault } from '../../vault/vault.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { jsonOption } from '../command/json.js'
import { hasPasswordOption, passwordOptions, passwordRuleOf } from '../command/passwordOptions.js'
import { rotateEach } from '../command/rotateEach.js'
import { detaching, rotating } from '../command/rotating.js'
import { timeoutOf } from '../command/timeout.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'

export const rotate: Verb = {
  help: `Usage: git-vault rotate NAME [NAME...] [options]
       git-vault rotate NAME [NAME...] --generate [--command LINE] [options]
       git-vault rotate NAME [NAME...] --command LINE [options]
       git-vault rotate --due [--push [REMOTE]] [--json]

Rotate secrets, one after the other, each with its function. If an earlier
rotation of a secret is not complete, it is finished instead. A failure does not
stop the rotations after it, and the exit code is that of the first failure.

With --due, rotate the secrets of all regions whose window is open, and finish
what is incomplete: once it has a new value, outside its window, too. See
git-vault due.

Without a function:
  --generate             generate a new password. It replaces the field password
                         of a JSON object, or else the whole value. With
                         --command, it is AWSPENDING until the program succeeds
  --command LINE         run this program once, in the current folder, with no
                         shell. It reads one JSON object from standard input:
                         Name, ARN, Current, New and VersionIdsToStages. With
                         --generate, it sets the new value where it is used.
                         Without, it prints the new value
  --timeout TIME         what the program may take, such as 30s or 5m
                         (default: 5m)
  --field FIELD          the field of a JSON object that gets the new value

Options of --generate, which the secret remembers in a tag:
  --length LENGTH        the number of characters (default: 32)
  --exclude CHARACTERS   never use these characters (default: / @ " ' \\)
  --no-punctuation       use letters and digits only
  --words COUNT          generate this many words instead, 11 bits each, with
                         hyphens between them

Rotating by schedule:
  --due                  rotate what is due, for cron and CI
  --push [REMOTE]        with --due: push each write first (default: the
                         upstream's remote), so that no other clone rotates the
                         same secret. If the remote cannot be reached, nothing
                         is rotated
  --json                 with --due: print JSON

Other options:
  --no-wait              return when the first step of a function runs; the rest
                         runs in the background, and git-vault rotation status
                         shows how it goes
  --region REGION        the region of the secrets (default: the vault's own)

Examples:
  git-vault rotate prod/db
  git-vault rotate prod/api --generate --command './set-password.sh api'
  git-vault rotate --due --push
`,
  options: {
    'no-wait': { kind: 'flag' },
    generate: { kind: 'flag' },
    command: { kind: 'value' },
    timeout: { kind: 'value' },
    field: { kind: 'value' },
    ...passwordOptions,
    due: { kind: 'flag' },
    push: { kind: 'optional', default: '' },
    ...jsonOption,
    ...regionOption
  },
  words: ['NAME'],
  required: 0,
  repeats: true,
  completes: { NAME: 'secret', '--command': 'program', '--field': 'none', '--timeout': 'none' },

  async run(parsed, world) {
    if (parsed.has('due')) return (await import('./rotateDue.js')).rotateDue(parsed, world)
    for (const option of ['push', 'json'])
      if (parsed.has(option)) throw new UsageError('input', `--${option} can only be used with rotate --due`)
    if (parsed.words.length === 0)
      throw new UsageError('input', 'rotate needs NAME', 'git-vault rotate --help')
    const region = parsed.text('region')
    const work = workOf(parsed, world)
    const vault = await openCurrentVault(world, region, parsed.has('no-wait') ? detaching() : {})
    return rotateEach(parsed.words, region, world, name => work(vault, name))
  }
}

type Work = (vault: Vault, name: string) => Promise<Rotated>

/** How each secret is rotated, as the options say. */
function workOf(parsed: Parsed, { io, services }: World): Work {
  const [command, field] = [parsed.text('command'), parsed.text('field')]
  const isGenerated = parsed.has('generate')
  if (parsed.has('no-wait') && (isGenerated || command !== undefined))
    throw new UsageError('input', '--no-wait can only be used with a rotation function')
  const stray = hasPasswordOption(parsed)
  if (stray !== undefined && !isGenerated)
    throw new UsageError('input', `--${stray} can only be used with --generate`)
  const timeout = timeoutOf(parsed.text('timeout'))
  if (timeout !== undefined && command === undefined)
    throw new UsageError('input', '--timeout can only be used with --command')
  if (!isGenerated && command === undefined) {
    if (field !== undefined)
      throw new UsageError('input', '--field can only be used with --generate or --command')
    return async (vault, name) => (await services.rotating()).rotate(vault, name, io.uuid())
  }
  const rule = { ...passwordRuleOf(parsed), ...(field === undefined ? {} : { field }) }
  return async (vault, name) =>
    (await services.replacing()).replaceValue(vault, name, {
      token: io.uuid(),
      generate: isGenerated ? rule : undefined,
      command,
      timeout,
      field,
      onStep: rotating(io).onRotationStep ?? (() => undefined)
    })
}
