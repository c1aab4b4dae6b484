import { OlderState } from '../../vault/memory/seenState.js'
import type { HistoryEntry } from '../../vault/history.js'
import type { Rollback } from '../../operations/rollback.js'
import type { Vault } from '../../vault/vault.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { confirm } from '../command/confirm.js'
import { fullVersionId, versionIn } from '../command/shortVersion.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { localTime } from '../terminal/localTime.js'
import { timeline } from './history.js'

export const rollback: Verb = {
  help: `Usage: git-vault rollback NAME [VERSION | --previous] [options]

Go back to an earlier version of a secret, for everyone, in one commit. Moves
AWSCURRENT to VERSION, and AWSPREVIOUS to the version that is current now. No
version is lost: another rollback undoes it. git revert is no substitute, as
clones that have seen the newer state refuse the older one.

Without VERSION, rollback shows the versions and asks, on a terminal. If git
has taken the secret back already, for example by a git revert, rollback goes
back to the version that is current in the files, and mends the secret. VERSION
is the id of a version, or the first characters of it.

Options:
  --previous        go back to the version before the current one (AWSPREVIOUS)
  --as-new          store the value of that version as a new version instead;
                    needs the right to decrypt it
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault rollback prod/db --previous
`,
  options: { previous: { kind: 'flag' }, 'as-new': { kind: 'flag' }, ...regionOption },
  words: ['NAME', 'VERSION'],
  required: 1,

  async run(parsed, world) {
    const [secretId = '', versionId] = parsed.words
    if (parsed.has('previous') && versionId !== undefined)
      throw new UsageError('input', '--previous cannot be combined with VERSION')
    const vault = await openCurrentVault(world, parsed.text('region'))
    const named = parsed.has('previous') ? 'previous' : await inFull(versionId, parsed, vault, world)
    const to =
      named ?? (canAsk(world.io) ? await askFor(secretId, parsed.text('region'), vault, world) : undefined)
    const asNew = parsed.has('as-new') ? world.io.uuid() : undefined
    const done = await world.services.rollback(vault, { secretId, to, asNew })
    const what = `${done.versionId}, written ${localTime(done.created)} by ${done.writer}`
    const previous = done.previous === undefined ? '' : `; AWSPREVIOUS is ${done.previous}`
    const line =
      asNew === undefined
        ? `rolled ${done.name} back to ${what}${previous}`
        : `stored the value of ${what}, as version ${asNew} of ${done.name}${previous}`
    await world.io.stdout.write(`${visible(line)}\n`)
  }
}

async function inFull(
  typed: string | undefined,
  parsed: Parsed,
  vault: Vault,
  world: World
): Promise<Rollback['to']> {
  if (typed === undefined) return undefined
  return { versionId: await fullVersionId(typed, parsed.words[0] ?? '', parsed.text('region'), vault, world) }
}

/** Shows the versions and asks for one. Returns `undefined` if the branch itself went back, and the user accepts that. */
async function askFor(
  name: string,
  region: string | undefined,
  vault: Vault,
  world: World
): Promise<Rollback['to']> {
  const { io, services } = world
  let entries: readonly HistoryEntry[]
  try {
    entries = await services.history(vault, name)
  } catch (error) {
    if (!(error instanceof OlderState)) throw error
    await io.stderr.write(`git-vault: ${visible(error.message)}\n`)
    await confirm(world, `Go back to that state of ${visible(name)} for everyone?`, { hint: 'name VERSION' })
    return undefined
  }
  await io.stderr.write(timeline(name, entries, io))
  const previous = entries.find(({ labels }) => labels.includes('AWSPREVIOUS'))?.versionId
  const versionId = (await services.ask.text('Version to go back to', previous)).trim()
  if (versionId === '') throw new UsageError('input', 'no version was named: nothing was changed')
  return { versionId: versionIn(entries, versionId, name, region) }
}
