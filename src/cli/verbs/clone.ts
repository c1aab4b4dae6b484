import { visible } from '../terminal/escape.js'
import { spokenLines } from '../terminal/spoken.js'
import { canAsk } from '../terminal/io.js'
import { shellWord } from '../terminal/shellWord.js'
import { noticeTo } from '../terminal/report.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from '../command/services.js'
import type { Verb } from '../command/verb.js'
import type { Standing } from '../../app/clone.js'
import { dialogueOf } from './sync.js'
import { trustRoot } from './trust.js'

export const clone: Verb = {
  help: `Usage: git-vault clone URL [DIR] [--invitation STRING | --root ROOT]

Clone a repository that has a vault, and set up the clone: git merges the files
of the vault with git-vault, and the clone trusts the vault's root. Without
--invitation and --root, compare the fingerprint with a member when it asks.

Options:
  --invitation STRING  trust the root in the invitation that an admin sent you,
                       and refuse an older access log
  --root ROOT          trust this root, as git-vault init printed it

To clone with other options of git, run git clone, then git-vault trust.

Example:
  git-vault clone git@example.com:team/vault.git --invitation gvinv1_...
`,
  options: { invitation: { kind: 'value' }, root: { kind: 'opaque' } },
  words: ['URL', 'DIR'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const [url = '', folder] = parsed.words
    const [invitation, root] = [parsed.text('invitation'), parsed.text('root')]
    if (invitation !== undefined && root !== undefined)
      throw new UsageError('input', '--invitation cannot be combined with --root')
    const directory = await services.clone({ from: io.cwd, url, folder, dialogue: dialogueOf(io) })
    await io.stdout.write(`cloned into ${visible(directory)}\n`)
    if (!(await trustClone(directory, { invitation, root }, world))) return
    const vault = await services.open({ directory, notice: noticeTo(io) })
    await io.stdout.write(standingLines(await services.standing(vault)))
  }
}

/** Returns whether the clone trusts the vault now. */
async function trustClone(
  directory: string,
  { invitation, root }: { invitation: string | undefined; root: string | undefined },
  world: World
): Promise<boolean> {
  const { io, services } = world
  if (invitation !== undefined) {
    const trusted = await services.acceptInvitation(directory, invitation)
    await io.stdout.write(
      `this clone now trusts the root ${trusted.root}\n${spokenLines('  ', trusted.words, io.stdout)}\n`
    )
    return true
  }
  const found = await services.inspectRoot(directory)
  const vault = await services.open({ directory, notice: noticeTo(io) })
  if (found.trusted || (root === undefined && (await vault.carriedRoot()) === found.root)) return true
  if (root === undefined && !canAsk(io)) {
    await io.stderr.write(
      `git-vault: this clone does not trust this vault yet; its fingerprint: ${visible(found.words)}\n` +
        'git-vault: hint: compare the fingerprint with somebody who uses the vault, then run: ' +
        `git-vault -C ${shellWord(directory)} trust --root ${visible(found.root)}\n`
    )
    return false
  }
  await trustRoot(directory, root, false, world)
  return true
}

function standingLines(standing: Standing): string {
  if (standing.is === 'without identity')
    return 'you have no identity yet: git-vault identity new, then send an admin what git-vault member request prints\n'
  if (standing.is === 'stranger')
    return 'you are not a member yet: send an admin what git-vault member request prints\n'
  const { name, isAdmin, keys } = standing
  const rights = keys.length === 0 ? 'no rights on any key' : `rights on: ${keys.join(', ')}`
  return visible(`you are ${name}${isAdmin ? ', an admin' : ''}, with ${rights}`) + '\n'
}
