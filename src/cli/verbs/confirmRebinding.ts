import type { RightsChange } from '../../core/access/rightsChanges.js'
import type { Rebinding } from '../../vault/team/rebinding.js'
import type { Vault } from '../../vault/vault.js'
import { confirm } from '../command/confirm.js'
import type { World } from '../command/services.js'
import { visible } from '../terminal/escape.js'

/** More names than these are counted. */
const MAX_NAMES = 20

/** Prints which members lose and gain which secrets if names move to a key, and asks unless nobody does. */
export async function confirmRebinding(
  world: World,
  vault: Vault,
  { alias, names, yes }: { alias: string; names: readonly string[]; yes: boolean }
): Promise<void> {
  const { previewRebinding } = await world.services.rebinding()
  const moves = (await previewRebinding(vault, alias, names)).filter(
    ({ losses, gains }) => losses.length > 0 || gains.length > 0
  )
  if (moves.length === 0) return
  for (const line of moves.flatMap(move => describe(move, alias)))
    await world.io.stderr.write(`git-vault: ${visible(line)}\n`)
  if (!yes) await confirm(world, `Move these names to ${visible(alias)}?`, { hint: 'pass --yes' })
}

function describe({ from, patterns, secrets, losses, gains }: Rebinding, alias: string): string[] {
  const shown = secrets.slice(0, MAX_NAMES).join(', ')
  const more = secrets.length > MAX_NAMES ? ` and ${secrets.length - MAX_NAMES} more` : ''
  const which = secrets.length === 0 ? 'no secret has such a name yet' : `secrets: ${shown}${more}`
  const names = patterns.length === 0 ? 'these names' : patterns.join(' ')
  const change = (verb: string, { member, rights }: RightsChange): string =>
    `  ${member} ${verb} ${rights.join(', ')}`
  return [
    `${names} would move from key ${from} to key ${alias}; ${which}`,
    ...losses.map(loss => change('loses', loss)),
    ...gains.map(gain => change('gains', gain))
  ]
}
