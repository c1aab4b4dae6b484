import { VaultError } from '../../core/errors.js'
import type { Relation } from '../../core/access/access.js'
import { confirm } from '../command/confirm.js'
import { visible } from '../terminal/escape.js'
import { spokenLines } from '../terminal/spoken.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { regionOption, type Verb } from '../command/verb.js'

export const trust: Verb = {
  help: `Usage: git-vault trust [--root ROOT | --invitation STRING] [--accept-log]
       git-vault trust NAME [--region REGION] [--yes]

Without NAME: trust the root of this vault in this clone. Compare the
fingerprint with a member first, by another way than the repository itself.

With the NAME of a secret: accept an older state of this secret than this clone
has seen. Do this only if you know who reverted it, and why.

Options:
  --root ROOT          trust this root, as git-vault init printed it, and ask
                       nothing
  --invitation STRING  trust the root in the invitation that an admin sent you,
                       ask nothing, and refuse an older access log
  --accept-log         accept an access log that forks from the one that this
                       clone has verified, or ends before it
  --region REGION      the region of NAME, if it is not the vault's home region
  --yes, -y            accept the older state without asking

Example:
  git-vault trust --root 4f3c...
`,
  options: {
    root: { kind: 'opaque' },
    'accept-log': { kind: 'flag' },
    invitation: { kind: 'value' },
    ...regionOption,
    yes: { kind: 'flag', short: 'y' }
  },
  words: ['NAME'],
  required: 0,

  async run(parsed, world) {
    const [name] = parsed.words
    const region = parsed.text('region')
    if (region !== undefined && name === undefined)
      throw new UsageError('input', 'trust takes --region only with NAME')
    const invitation = parsed.text('invitation')
    if (invitation !== undefined) {
      if (name !== undefined || parsed.has('root'))
        throw new UsageError('input', '--invitation cannot be combined with NAME or --root')
      const { root, words, damage } = await world.services.acceptInvitation(world.io.cwd, invitation)
      await reportDamage(damage, world)
      await world.io.stdout.write(
        `this clone now trusts the root ${root}\n${spokenLines('  ', words, world.io.stdout)}\n`
      )
    } else if (name === undefined) {
      const acceptsLog = parsed.has('accept-log')
      await trustRoot(world.io.cwd, parsed.text('root'), acceptsLog, world)
    } else await acceptOlder(name, region, parsed.has('yes'), world)
  }
}

/** Says that nothing tells any more whether the access log is older than the one that this clone had verified. */
async function reportDamage(damage: string | undefined, { io }: World): Promise<void> {
  if (damage === undefined) return
  await io.stderr.write(
    `git-vault: ${visible(damage)}\ngit-vault: this clone has forgotten what it had verified, and trusts as a new clone does\n`
  )
}

/** The relations in which the access log does not extend the log that this clone has verified. */
const OTHER_LOG: Partial<Record<Relation, string>> = {
  behind:
    'ends before the one that this clone has verified: this branch lacks entries that the clone has seen',
  fork: 'forks from the one that this clone has verified: this branch has other entries in place of those that the clone has seen'
}

/**
 * Accepts an access log that forks from the verified one, or ends before it. That is right only after the user's own
 * reset, or if another admin's entry came first. Otherwise somebody may be hiding an entry.
 */
async function acceptLog(
  directory: string,
  { difference, root, accepts }: { difference: string; root: string; accepts: boolean },
  { io, services }: World
): Promise<void> {
  await io.stderr.write(`git-vault: the access log ${difference}\n`)
  if (!accepts)
    await confirm({ io, services }, 'Do you know who did that, and accept this access log?', {
      hint: 'pass --accept-log'
    })
  await services.trust(directory, root, true)
  await io.stdout.write('this clone accepts this access log\n')
}

/**
 * Trusts the root of the vault in a folder: the expected one, or the one whose fingerprint the user confirms.
 * @param acceptsLog whether an access log that does not extend the verified one is accepted without asking
 */
export async function trustRoot(
  directory: string,
  expected: string | undefined,
  acceptsLog: boolean,
  { io, services }: World
): Promise<void> {
  const found = await services.inspectRoot(directory)
  if (expected !== undefined && expected !== found.root) {
    throw new UsageError(
      'input',
      `the root of this vault is ${visible(found.root)}, not ${visible(expected)}`
    )
  }
  const rootAndWords = `${visible(found.root)}\n${spokenLines('  ', found.words, io.stderr)}\n`
  if (found.trusted) {
    await io.stdout.write(`this clone already trusts the root ${rootAndWords}`)
    const difference = OTHER_LOG[found.relation]
    if (difference !== undefined)
      await acceptLog(directory, { difference, root: found.root, accepts: acceptsLog }, { io, services })
    return
  }
  await reportDamage(found.damage, { io, services })
  if (expected === undefined) {
    await io.stderr.write(`the root of this vault is ${rootAndWords}`)
    await confirm({ io, services }, 'Do these words match the fingerprint that a member told you?', {
      hint: 'compare the words with a member, then pass --root with the root',
      refused: 'nothing was changed: the root is not trusted'
    })
  }
  await services.trust(directory, found.root)
  await io.stdout.write(`this clone now trusts the root ${rootAndWords}`)
}

async function acceptOlder(
  name: string,
  region: string | undefined,
  yes: boolean,
  { io, services }: World
): Promise<void> {
  const older = await services.olderThanSeen(io.cwd, name, region).catch(damagedMemory)
  if (older instanceof VaultError) {
    await io.stderr.write(`git-vault: ${visible(older.message)}\n`)
    if (!yes)
      await confirm({ io, services }, 'Forget it, and accept the present state?', { hint: 'pass --yes' })
    await services.acceptOlder(io.cwd, name, region)
    await io.stdout.write(`this clone accepts the present state of ${visible(name)}\n`)
    return
  }
  if (older === undefined) {
    await io.stdout.write(`${visible(name)} is not older than the state that this clone has seen\n`)
    return
  }
  await io.stderr.write(
    `${visible(older)} is older than the state that this clone has seen, or contradicts it\n`
  )
  if (!yes) await confirm({ io, services }, 'Accept this older state?', { hint: 'pass --yes' })
  await services.acceptOlder(io.cwd, name, region)
  await io.stdout.write(`this clone accepts the older state of ${visible(name)}\n`)
}

/** Returns the error if what this clone remembers of the secret is damaged. Rethrows any other. */
function damagedMemory(error: unknown): VaultError {
  if (error instanceof VaultError && error.code === 'FileFailed') return error
  throw error
}
