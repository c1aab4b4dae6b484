import { VaultError } from '../../core/errors.js'
import type { ShownMember } from '../../vault/team/roster.js'
import type { Rights } from '../../core/access/access.js'
import { confirm } from '../command/confirm.js'
import { visible } from '../terminal/escape.js'
import { reportSkipped } from '../command/skipped.js'
import { progressBar } from '../terminal/progress.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openVault } from '../command/verb.js'

/** Takes rights from a member, or all of them and the membership, after saying what that does not do. */
export async function losing(
  world: World,
  name: string,
  { rights, yes }: { rights?: Rights; yes: boolean }
): Promise<void> {
  const { io, services } = world
  const { roster, branchesLeft, countSecrets } = await services.roster()
  const vault = await openVault(world)
  const { members } = await roster(vault)
  const one = members.find(other => other.name === name && other.removed === undefined)
  if (!one) throw new UsageError('input', `there is no member ${visible(name)}`)
  const team = await services.team()
  await team.checkLosing(vault, name, rights)
  const branches = await branchesLeft(vault)
  for (const line of keeps(one, rights, branches)) await io.stderr.write(`git-vault: ${visible(line)}\n`)
  if (!yes)
    await confirm(world, rights ? 'Take these rights away?' : `Remove ${visible(name)}?`, {
      needs: `member ${rights ? 'revoke' : 'remove'} needs --yes`
    })
  const bar = progressBar(io, 'secrets', await countSecrets(vault))
  const lost = rights
    ? await team.revoke(vault, name, rights, bar.step)
    : await team.removeMember(vault, name, bar.step)
  bar.end()
  const keys = lost.keys.length === 0 ? '' : `; new generations of ${lost.keys.map(visible).join(', ')}`
  await io.stdout.write(`${visible(name)} ${rights ? 'has lost these rights' : 'is removed'}${keys}\n`)
  await reportSkipped(lost.left, 'not signed anew', io)
  // the removal is made, whatever lies in the ledger's way
  const { exposed } = await services
    .exposure(vault, () => undefined)
    .catch(async (error: unknown) => {
      if (!(error instanceof VaultError)) throw error
      await io.stderr.write(`git-vault: the values to replace cannot be listed: ${visible(error.message)}\n`)
      return { exposed: [] }
    })
  const known = exposed.filter(({ to }) => to.some(({ member }) => member === name))
  if (known.length > 0)
    await io.stdout.write(
      `${known.length} ${known.length === 1 ? 'value' : 'values'} to replace, which ${visible(name)} could have read or wrote: git-vault exposure\n`
    )
}

/** What no removal takes away. */
function keeps(one: ShownMember, rights: Rights | undefined, branches: readonly string[]): string[] {
  const read = one.rights.filter(
    held => held.rights.includes('decrypt') && (!rights || rights.get(held.key)?.includes('decrypt'))
  )
  const where = read.map(({ key, names }) => `${key} (${names.join(' ')})`).join(', ')
  return [
    ...(read.length === 0
      ? []
      : [
          `${one.name} keeps what they could read: every value under ${where} up to now, and all that git's history has of it`,
          'what is written from now on, by clones that have this, they cannot read; replace the values that matter'
        ]),
    ...(branches.length === 0
      ? []
      : [`these branches do not have it until it is merged: ${branches.join(', ')}`])
  ]
}
