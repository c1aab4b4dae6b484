import type { Rotated } from '../../app/rotation/rotate.js'
import { UsageError } from '../arguments/usage.js'
import { explain } from '../command/explain.js'
import { jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { exit } from '../terminal/exit.js'
import { report } from '../terminal/report.js'

export const rotate: Verb = {
  help: `Usage: git-vault rotate NAME [NAME...] [options]
       git-vault rotate --due [--push [REMOTE]] [--json]

Rotate secrets, one after the other, each with its function. If an earlier
rotation of a secret is not complete, it is finished instead. A failure does not
stop the rotations after it, and the exit code is that of the first failure.

With --due, rotate the secrets of all regions whose window is open, and finish
what is incomplete, that too only in its window. See git-vault due.

Options:
  --due             rotate what is due, for cron and CI
  --push [REMOTE]   with --due: push each write first (default: the upstream's
                    remote), so that no other clone rotates the same secret.
                    If the remote cannot be reached, nothing is rotated
  --json            with --due: print JSON
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault rotate prod/db
  git-vault rotate --due --push
`,
  options: {
    due: { kind: 'flag' },
    push: { kind: 'optional', default: '' },
    ...jsonOption,
    ...regionOption
  },
  words: ['NAME'],
  required: 0,
  repeats: true,
  completes: { NAME: 'secret' },

  async run(parsed, world) {
    if (parsed.has('due')) return (await import('./rotateDue.js')).rotateDue(parsed, world)
    for (const option of ['push', 'json'])
      if (parsed.has(option)) throw new UsageError('input', `--${option} can only be used with rotate --due`)
    if (parsed.words.length === 0)
      throw new UsageError('input', 'rotate needs NAME', 'git-vault rotate --help')
    const region = parsed.text('region')
    const vault = await openCurrentVault(world, region)
    return each(parsed.words, region, world, async name => {
      const { rotate: rotateOne } = await world.services.rotating()
      await say(await rotateOne(vault, name, world.io.uuid()), world)
    })
  }
}

/** Does the same for each name, and reports what fails. Returns the exit code of the first failure. Ctrl-C ends it. */
async function each(
  names: readonly string[],
  region: string | undefined,
  world: World,
  work: (name: string) => Promise<void>
): Promise<number> {
  let code: number = exit.ok
  for (const name of new Set(names)) {
    const failed = await work(name).then(
      () => exit.ok,
      async error =>
        report(
          await explain(error, name, region, world),
          { command: 'rotate', operation: undefined },
          world.io
        )
    )
    if (failed === exit.interrupted) return failed
    if (code === exit.ok) code = failed
  }
  return code
}

async function say({ name, versionId, wasLeft }: Rotated, { io }: World): Promise<void> {
  const what = wasLeft ? `finished the earlier rotation of ${name}` : `rotated ${name}`
  await io.stdout.write(`${visible(`${what}: AWSCURRENT is on version ${versionId}`)}\n`)
}
