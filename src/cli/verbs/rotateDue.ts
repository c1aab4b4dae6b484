import type { DueOutcome } from '../../app/rotation/rotateDue.js'
import { shownName } from '../../vault/documents/place.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { isJson } from '../command/json.js'
import { passphrase } from '../command/passphrase.js'
import { rotating } from '../command/rotating.js'
import type { World } from '../command/services.js'
import { openCurrentVault } from '../command/verb.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { exit } from '../terminal/exit.js'
import { noticeTo, report } from '../terminal/report.js'

const TAKEN: readonly string[] = ['due', 'push', 'json', 'at-least']

/** `rotate --due`. Returns the exit code of the first failure. */
export async function rotateDue(parsed: Parsed, world: World): Promise<number> {
  if (parsed.words.length > 0)
    throw new UsageError('input', 'rotate takes --due or NAME, not both', 'git-vault rotate --help')
  if (parsed.has('region'))
    throw new UsageError('input', '--due rotates in all regions, so it does not take --region')
  const stray = [...parsed.options.keys()].find(option => !TAKEN.includes(option))
  if (stray !== undefined) throw new UsageError('input', `--due and --${stray} cannot be combined`)
  const { io, services } = world
  const modules = await services.scheduled()
  if (!parsed.has('push')) return each(modules, await openCurrentVault(world), parsed, world)
  const remote = parsed.text('push')
  const pushing = await modules.openPushing(
    {
      directory: io.cwd,
      notice: noticeTo(io),
      passphrase: passphrase(io, services.ask),
      ...rotating(io)
    },
    remote === '' ? undefined : remote
  )
  try {
    return await each(modules, pushing.vault, parsed, world)
  } finally {
    await pushing.end()
  }
}

async function each(
  { rotateDue: outcomes, WHY }: Awaited<ReturnType<World['services']['scheduled']>>,
  vault: Awaited<ReturnType<typeof openCurrentVault>>,
  parsed: Parsed,
  { io }: World
): Promise<number> {
  const done: object[] = []
  let code: number = exit.ok
  let isAny = false
  for await (const { secret, attempted } of outcomes(vault, parsed.has('push'))) {
    isAny = true
    if (isJson(parsed)) done.push(plain({ secret, attempted }))
    const name = visible(shownName(secret.Name, secret.Region))
    if (attempted.outcome === 'failed') {
      const failed = await report(attempted.error, { command: 'rotate', operation: undefined }, io)
      if (code === exit.ok) code = failed
    } else if (attempted.outcome === 'left')
      await io.stderr.write(`git-vault: ${name} was not rotated: ${WHY[attempted.why]}\n`)
    else if (!isJson(parsed)) {
      const what = attempted.wasLeft ? 'finished the earlier rotation of' : 'rotated'
      const more = attempted.isReplaced ? ', and rotated it once more' : ''
      await io.stdout.write(
        `${what} ${name}${more}: AWSCURRENT is on version ${visible(attempted.version)}\n`
      )
    }
    if (code === exit.interrupted) break
  }
  if (isJson(parsed)) await io.stdout.write(visibleJson(done))
  else if (!isAny) await io.stdout.write('no secret is due for rotation\n')
  return code
}

const plain = ({ secret: { Name, ARN, Region }, attempted }: DueOutcome): object => ({
  Name,
  ARN,
  ...(Region === undefined ? {} : { Region }),
  Outcome: attempted.outcome,
  ...('version' in attempted ? { VersionId: attempted.version } : {}),
  ...(attempted.outcome === 'failed' ? { Reason: attempted.error.message.split('\n', 1)[0] } : {}),
  ...(attempted.outcome === 'left' ? { Reason: attempted.why } : {})
})
