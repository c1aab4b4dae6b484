import type { ExposedSecret } from '../../app/rotation/exposedSecrets.js'
import type { Ledger } from '../../vault/team/exposure.js'
import type { Vault } from '../../vault/vault.js'
import { confirm } from '../command/confirm.js'
import { rotateEach } from '../command/rotateEach.js'
import type { World } from '../command/services.js'
import { visible, visibleRows } from '../terminal/escape.js'
import { columns } from '../terminal/paint.js'

/**
 * Rotates the secrets of exposed values that have a function, after asking, and prints what is left with a command for each.
 * Returns the exit code of the first failure.
 */
export async function rotateExposed(
  vault: Vault,
  { exposed }: Ledger,
  yes: boolean,
  world: World
): Promise<number> {
  const { io, services } = world
  const { exposedSecrets } = await services.exposedSecrets()
  const all = await exposedSecrets(vault, exposed)
  const chosen = all.filter(one => one.function !== undefined && one.command.startsWith('git-vault rotate '))
  for (const one of chosen) await io.stderr.write(`git-vault: ${visible(planned(one))}\n`)
  if (chosen.length > 0 && !yes) {
    const what = chosen.length === 1 ? 'this secret' : `these ${chosen.length} secrets`
    await confirm(world, `Rotate ${what} now?`, { hint: 'pass --yes' })
  }
  const byArn = new Map(chosen.map(one => [one.arn, one]))
  const code = await rotateEach([...byArn.keys()], undefined, world, async arn => {
    const { rotate } = await services.rotating()
    return rotate(vault.inRegion(byArn.get(arn)!.region), arn, io.uuid())
  })
  const { exposed: rest } = await services.exposure(vault, () => undefined)
  await tellLeft(await exposedSecrets(vault, rest), world)
  return code
}

function planned({ shown, function: name = '', isPrevious }: ExposedSecret): string {
  const warning = isPrevious ? '; programs that have not read the newest value are refused then' : ''
  return `${shown}: by the function ${name}${warning}`
}

async function tellLeft(left: readonly ExposedSecret[], { io }: World): Promise<void> {
  if (left.length === 0) return io.stdout.write('nothing is left to replace\n')
  const rows = left.map(({ command, isPrevious }) => [
    isPrevious ? 'when nothing uses the old value:' : 'now:',
    command
  ])
  await io.stdout.write(`left to do by hand:\n${visibleRows(columns(rows).map(line => `  ${line}`))}`)
}
