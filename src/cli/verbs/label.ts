import { UsageError } from '../arguments/usage.js'
import { versionIn } from '../command/shortVersion.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

export const label: Verb = {
  help: `Usage: git-vault label NAME LABEL VERSION [options]
       git-vault label NAME LABEL --remove [options]

Put a staging label on a version of a secret, or take it off. A label is on one
version at a time, so it leaves the version that has it now. To go back to an
earlier value, use git-vault rollback.

VERSION is the id of a version, or the first characters of it.

Options:
  --remove          take the label off
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault label prod/db green 3f2a
`,
  options: { remove: { kind: 'flag' }, ...regionOption },
  words: ['NAME', 'LABEL', 'VERSION'],
  required: 2,

  async run(parsed, world) {
    const { io, services } = world
    const [name = '', stage = '', typed] = parsed.words
    if (parsed.has('remove') === (typed !== undefined))
      throw new UsageError('input', 'label needs either VERSION or --remove', 'git-vault label --help')
    const region = parsed.text('region')
    const vault = await openCurrentVault(world, region)
    const entries = await services.history(vault, name)
    const versionId = typed === undefined ? undefined : versionIn(entries, typed, name, region)
    const from = entries.find(({ labels }) => labels.includes(stage))?.versionId
    if (versionId === undefined && from === undefined)
      throw new UsageError('input', `no version of '${visible(name)}' has the label '${visible(stage)}'`)
    await services.call(vault, 'UpdateSecretVersionStage', {
      SecretId: name,
      VersionStage: stage,
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
      ...(versionId === undefined ? {} : { MoveToVersionId: versionId })
    })
    const now = versionId === undefined ? `is on no version; it was on ${from}` : `is on ${versionId}`
    await io.stdout.write(`${visible(`${name}: ${stage} ${now}`)}\n`)
  }
}
