import { visible } from '../escape.js'
import { canAsk } from '../io.js'
import type { World } from '../services.js'
import { UsageError } from '../usage.js'
import type { Verb } from '../verb.js'

export const trust: Verb = {
  help: `Usage: git-vault trust [--root ROOT]
       git-vault trust NAME [--yes]

Without a name: tell this clone that the vault's root is the right one. Compare the words with somebody
who already uses the vault, over another way than the repository itself.

With a secret's name: accept that this clone has seen a newer state of that secret, and go on from the
older one. Do that only if you know who went back, and why.

Options:
  --root ROOT   the root to trust, as git-vault init printed it; asks nothing
  --yes, -y     accept the older state without asking

Example:
  git-vault trust --root 4f3c…
`,
  options: { root: { kind: 'opaque' }, yes: { kind: 'flag', short: 'y' } },
  words: ['NAME'],
  required: 0,

  async run(parsed, world) {
    const [name] = parsed.words
    if (name === undefined) await trustRoot(parsed.text('root'), world)
    else await acceptOlder(name, parsed.has('yes'), world)
  }
}

async function trustRoot(expected: string | undefined, { io, services }: World): Promise<void> {
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
    return
  }
  if (expected === undefined) {
    await io.stderr.write(`the root of this vault is ${shown}`)
    if (!canAsk(io)) throw new UsageError('input', 'trust needs --root where there is no terminal')
    if (!(await services.ask.confirm('Do these words match those of somebody who uses the vault?'))) {
      throw new UsageError('input', 'nothing was changed: the root is not trusted')
    }
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
  if (!yes) {
    if (!canAsk(io)) throw new UsageError('input', 'trust NAME needs --yes where there is no terminal')
    if (!(await services.ask.confirm('Go on from this older state?'))) {
      throw new UsageError('input', 'nothing was changed')
    }
  }
  await services.acceptOlder(io.cwd, name)
  await io.stdout.write(`this clone goes on from the older state of ${visible(name)}\n`)
}
