import { UsageError } from '../arguments/usage.js'
import { confirm } from '../command/confirm.js'
import { restoreCommand } from '../command/restoreCommand.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'

export const rm: Verb = {
  help: `Usage: git-vault rm NAME [options]

Delete a secret after a recovery window. Until then nobody can read it, and
git-vault restore brings it back. Old commits keep its encrypted versions.

Options:
  --days DAYS       the recovery window, 7 to 30 days (default: 30)
  --force           delete it at once, without a recovery window
  --yes, -y         with --force: do not ask for confirmation
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault rm prod/old
`,
  options: {
    days: { kind: 'integer' },
    force: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    ...regionOption
  },
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    const days = parsed.integer('days')
    const isForced = parsed.has('force')
    if (isForced && days !== undefined)
      throw new UsageError('input', '--days cannot be combined with --force')
    const region = parsed.text('region')
    const vault = await openCurrentVault(world, region)
    // the service's forced deletion of a secret that does not exist succeeds, which hides a misspelling
    const secret = await services.call(vault, 'DescribeSecret', { SecretId: name })
    if (isForced && !parsed.has('yes')) {
      const versions = Object.keys(secret.VersionIdsToStages ?? {}).length
      const what = versions === 1 ? 'its 1 labelled version' : `its ${versions} labelled versions`
      await confirm(world, `Delete ${visible(name)} and ${what} at once, for everyone?`, {
        hint: 'pass --yes'
      })
    }
    const { DeletionDate } = await services.call(vault, 'DeleteSecret', {
      SecretId: name,
      ...(isForced ? { ForceDeleteWithoutRecovery: true } : {}),
      ...(days === undefined ? {} : { RecoveryWindowInDays: days })
    })
    const line =
      isForced || !DeletionDate
        ? `deleted ${name}`
        : `${name} will be deleted on ${localTime(DeletionDate)}; to bring it back: ${restoreCommand(name, region)}`
    await io.stdout.write(`${visible(line)}\n`)
  }
}
