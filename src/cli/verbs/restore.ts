import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

export const restore: Verb = {
  help: `Usage: git-vault restore NAME [options]

Bring back a secret that git-vault rm or DeleteSecret has scheduled for
deletion, until its recovery window is over.

Options:
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault restore prod/old
`,
  options: regionOption,
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const vault = await openCurrentVault(world, parsed.text('region'))
    const { Name } = await world.services.call(vault, 'RestoreSecret', { SecretId: parsed.words[0]! })
    await world.io.stdout.write(`restored ${visible(Name ?? parsed.words[0]!)}\n`)
  }
}
