import { UsageError } from '../arguments/usage.js'
import { isJson } from '../command/json.js'
import { restoreCommand } from '../command/restoreCommand.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { copiedJson, copySecrets, ofTwoNames } from './copySecrets.js'

export const mv: Verb = {
  help: `Usage: git-vault mv NAME NEW [options]

Give a secret the name NEW, in one commit. The secret NEW has every version with
its id and labels, the description, the tags, the resource policy and the
rotation, under the key that covers NEW. It has another ARN. The secret NAME is
deleted after a recovery window; until then, git-vault restore brings it back.
mv says who can read the secret afterwards and could not, or the other way
round, and asks. With slashes at the end of NAME and NEW, move a whole folder.

Options:
  --days DAYS       the recovery window of NAME, 7 to 30 days (default: 30)
  --force           delete NAME at once: git-vault restore cannot bring it back
  --json            print the moved secrets as JSON
  --yes, -y         do not ask for confirmation
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault mv dev/db dev/postgres
  git-vault mv dev/ staging/
`,
  ...ofTwoNames,
  options: {
    days: { kind: 'integer' },
    force: { kind: 'flag' },
    ...ofTwoNames.options
  },

  async run(parsed, world) {
    const [from = '', to = ''] = parsed.words
    const days = parsed.integer('days')
    if (parsed.has('force') && days !== undefined)
      throw new UsageError('input', '--days cannot be combined with --force')
    const region = parsed.text('region')
    const vault = await openCurrentVault(world, region)
    const removal = parsed.has('force') ? 'at once' : { days }
    const parts = { versions: 'all', policy: true, rotation: true } as const
    const moved = await copySecrets(world, vault, { from, to, parts, removal, yes: parsed.has('yes') })
    const [first] = moved
    const isOne = moved.length === 1
    const done = isOne
      ? `moved ${first!.from} to ${first!.to}`
      : `moved ${moved.length} secrets from ${from} to ${to}`
    const old = isOne ? first!.from : 'the old ones'
    const restore = isOne ? restoreCommand(first!.from, region) : 'git-vault restore NAME'
    const end =
      removal === 'at once' || !first?.deletion
        ? ''
        : `; ${old} will be deleted on ${localTime(first.deletion)}; to bring ${isOne ? 'it' : 'one'} back: ${restore}`
    await world.io.stdout.write(isJson(parsed) ? visibleJson(copiedJson(moved)) : `${visible(done + end)}\n`)
  }
}
