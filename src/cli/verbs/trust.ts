import type { Relation } from '../../core/access/access.js'
import { confirm } from '../command/confirm.js'
import { visible } from '../terminal/escape.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

export const trust: Verb = {
  help: `Usage: git-vault trust [--root ROOT | --invitation STRING]
       git-vault trust NAME [--yes]

Without a name: tell this clone that the vault's root is the right one. Compare the words with somebody
who already uses the vault, over another way than the repository itself.

With a secret's name: accept that this clone has seen a newer state of that secret, and go on from the
older one. Do that only if you know who went back, and why.

Options:
  --root ROOT          the root to trust, as git-vault init printed it; asks nothing
  --invitation STRING  what whoever admitted you has sent you; asks nothing, and refuses an older log
  --accept-log         go on from an access log that forks from, or ends before, what this clone has verified
  --yes, -y            accept the older state without asking

Example:
  git-vault trust --root 4f3c…
`,
  options: {
    root: { kind: 'opaque' },
    'accept-log': { kind: 'flag' },
    invitation: { kind: 'value' },
    yes: { kind: 'flag', short: 'y' }
  },
  words: ['NAME'],
  required: 0,

  async run(parsed, world) {
    const [name] = parsed.words
    const invitation = parsed.text('invitation')
    if (invitation !== undefined) {
      if (name !== undefined || parsed.has('root'))
        throw new UsageError('input', 'trust takes --invitation alone')
      const { root, words } = await world.services.acceptInvitation(world.io.cwd, invitation)
      await world.io.stdout.write(`this clone now trusts the root ${root}\n  ${words}\n`)
    } else if (name === undefined) await trustRoot(parsed.text('root'), parsed.has('accept-log'), world)
    else await acceptOlder(name, parsed.has('yes'), world)
  }
}

/** How an access log can differ from the one that this clone has verified, other than by going on from it. */
const OTHER_LOG: Partial<Record<Relation, string>> = {
  behind: 'ends before what this clone has verified: entries that it knows are gone from this branch',
  fork: 'forks from what this clone has verified: entries that it knows are others here'
}

/** After a reset of one's own, or where another admin's entry came first, that is right; else somebody hides something. */
async function acceptLog(
  why: string,
  root: string,
  accepts: boolean,
  { io, services }: World
): Promise<void> {
  await io.stderr.write(`git-vault: the access log ${why}\n`)
  if (!accepts)
    await confirm({ io, services }, 'Do you know who did that, and go on from the log as it is here?', {
      needs: 'trust needs --accept-log'
    })
  await services.trust(io.cwd, root, true)
  await io.stdout.write('this clone goes on from the access log as it is here\n')
}

async function trustRoot(
  expected: string | undefined,
  acceptsLog: boolean,
  { io, services }: World
): Promise<void> {
  const found = await services.inspectRoot(io.cwd)
  if (expected !== undefined && expected !== found.root) {
    throw new UsageError(
      'input',
      `the root of this vault is ${visible(found.root)}, not ${visible(expected)}`
    )
  }
  const shown = `${visible(found.root)}\n  ${visible(found.words)}\n`
  if (found.trusted) {
    await io.stdout.write(`this clone already trusts the root ${shown}`)
    const why = OTHER_LOG[found.relation]
    if (why !== undefined) await acceptLog(why, found.root, acceptsLog, { io, services })
    return
  }
  if (expected === undefined) {
    await io.stderr.write(`the root of this vault is ${shown}`)
    await confirm({ io, services }, 'Do these words match those of somebody who uses the vault?', {
      needs: 'trust needs --root',
      refused: 'nothing was changed: the root is not trusted'
    })
  }
  await services.trust(io.cwd, found.root)
  await io.stdout.write(`this clone now trusts the root ${shown}`)
}

async function acceptOlder(name: string, yes: boolean, { io, services }: World): Promise<void> {
  const older = await services.olderThanSeen(io.cwd, name)
  if (older === undefined) {
    await io.stdout.write(`${visible(name)} is not older than what this clone has seen\n`)
    return
  }
  await io.stderr.write(`${visible(older)} is older than, or contradicts, what this clone has seen\n`)
  if (!yes)
    await confirm({ io, services }, 'Go on from this older state?', { needs: 'trust NAME needs --yes' })
  await services.acceptOlder(io.cwd, name)
  await io.stdout.write(`this clone goes on from the older state of ${visible(name)}\n`)
}
