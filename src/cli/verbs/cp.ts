import { isJson } from '../command/json.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { copiedJson, copySecrets, ofTwoNames } from './copySecrets.js'

export const cp: Verb = {
  help: `Usage: git-vault cp NAME NEW [options]

Copy a secret to the name NEW, in one commit: its current value, description and
tags. The copy is a secret of its own, with another ARN, under the key that
covers NEW. If that lets members read the value who could not, cp says who they
are, and asks. With slashes at the end of NAME and NEW, copy a whole folder.

Options:
  --all-versions    copy the older versions and all labels, too
  --policy          copy the resource policy, too
  --json            print the copies as JSON
  --yes, -y         do not ask for confirmation
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault cp dev/db dev/db-test
  git-vault cp dev/ staging/
`,
  ...ofTwoNames,
  options: {
    'all-versions': { kind: 'flag' },
    policy: { kind: 'flag' },
    ...ofTwoNames.options
  },

  async run(parsed, world) {
    const [from = '', to = ''] = parsed.words
    const vault = await openCurrentVault(world, parsed.text('region'))
    const versions = parsed.has('all-versions') ? 'all' : 'current'
    const parts = { versions, policy: parsed.has('policy'), rotation: false } as const
    const copied = await copySecrets(world, vault, { from, to, parts, yes: parsed.has('yes') })
    const [first] = copied
    const line =
      copied.length === 1
        ? `copied ${first!.from} to ${first!.to}`
        : `copied ${copied.length} secrets from ${from} to ${to}`
    await world.io.stdout.write(isJson(parsed) ? visibleJson(copiedJson(copied)) : `${visible(line)}\n`)
  }
}
