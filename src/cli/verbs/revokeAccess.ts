import { VaultError } from '../../core/errors.js'
import type { ShownMember } from '../../vault/team/roster.js'
import type { Rights } from '../../core/access/access.js'
import { confirm } from '../command/confirm.js'
import { visible } from '../terminal/escape.js'
import { reportSkipped } from '../command/skipped.js'
import { progressBar } from '../terminal/progress.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault } from '../command/verb.js'

/** Revokes rights of a member, or removes the member, after a warning about what this does not undo. */
export async function revokeAccess(
  world: World,
  name: string,
  { rights, yes }: { rights?: Rights; yes: boolean }
): Promise<void> {
  const { io, services } = world
  const { roster, otherBranches, countSecrets } = await services.roster()
  const vault = await openCurrentVault(world)
  const { members } = await roster(vault)
  const one = members.find(other => other.name === name && other.removed === undefined)
  if (!one) throw new UsageError('input', `there is no member ${visible(name)}`)
  const team = await services.team()
  await team.checkAccessLoss(vault, name, rights)
  const branches = await otherBranches(vault)
  for (const line of warnings(one, rights, branches)) await io.stderr.write(`git-vault: ${visible(line)}\n`)
  if (!yes)
    await confirm(world, rights ? 'Revoke these rights?' : `Remove ${visible(name)}?`, {
      hint: 'pass --yes'
    })
  const bar = progressBar(io, 'secrets', await countSecrets(vault))
  const lost = rights
    ? await team.revoke(vault, name, rights, bar.step)
    : await team.removeMember(vault, name, bar.step)
  bar.end()
  const generations = lost.keys.length === 1 ? 'a new generation' : 'new generations'
  const keys =
    lost.keys.length === 0 ? '' : `; created ${generations} of ${lost.keys.map(visible).join(', ')}`
  await io.stdout.write(`${rights ? 'revoked these rights of' : 'removed'} ${visible(name)}${keys}\n`)
  await reportSkipped(lost.skipped, 'not re-signed', io)
  // the access is revoked already, so a failure to list the exposed values is only a warning
  const { exposed } = await services
    .exposure(vault, () => undefined)
    .catch(async (error: unknown) => {
      if (!(error instanceof VaultError)) throw error
      await io.stderr.write(`git-vault: cannot list the values to replace: ${visible(error.message)}\n`)
      return { exposed: [] }
    })
  const known = exposed.filter(({ to }) => to.some(({ member }) => member === name))
  if (known.length > 0)
    await io.stdout.write(
      `replace the ${known.length} ${known.length === 1 ? 'value' : 'values'} that ${visible(name)} could read or wrote: git-vault exposure --rotate\n`
    )
}

/** Describes what the revocation does not undo. */
function warnings(one: ShownMember, rights: Rights | undefined, branches: readonly string[]): string[] {
  const read = one.rights.filter(
    held => held.rights.includes('decrypt') && (!rights || rights.get(held.key)?.includes('decrypt'))
  )
  const where = read.map(({ key, names }) => `${key} (${names.join(' ')})`).join(', ')
  return [
    ...(read.length === 0
      ? []
      : [
          `${one.name} can still read every value written so far under ${where}, including old ones in git's history`,
          `${one.name} cannot read values that are written after this commit; replace the values that matter`
        ]),
    ...(branches.length === 0
      ? []
      : [`these branches lack this change until you merge it: ${branches.join(', ')}`])
  ]
}
