import type { SecretListEntry } from '../../core/generated/requests.js'
import { allSecrets } from '../command/allSecrets.js'
import { hasAll } from '../command/hasAll.js'
import { failIfLeftOut } from '../command/skipped.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { table } from '../terminal/paint.js'

export const find: Verb = {
  help: `Usage: git-vault find TEXT... [options]

List the secrets that have every TEXT in their name, description or tags, in
upper or lower case. Values are not searched: they are encrypted.

Options:
  --json            print the secrets as ListSecrets does, as JSON
  --region REGION   the region to search (default: the vault's own)

Example:
  git-vault find billing db
`,
  options: { ...jsonOption, ...regionOption },
  words: ['TEXT'],
  required: 1,
  repeats: true,

  async run(parsed, world) {
    const vault = await openCurrentVault(world, parsed.text('region'))
    const wanted = parsed.words.map(word => word.toLowerCase())
    const found = (await allSecrets(vault, '', world)).filter(secret => hasAll(textsOf(secret), wanted))
    const rows = found.map(secret => {
      const [name = '', ...others] = textsOf(secret)
      // what the name does not show by itself
      const shown = others.filter(text => wanted.some(word => text.toLowerCase().includes(word)))
      return shown.length === 0 ? [visible(name)] : [visible(name), visible(shown.join(', '))]
    })
    await world.io.stdout.write(
      isJson(parsed) ? visibleJson({ SecretList: found }) : visibleRows(table(rows))
    )
    failIfLeftOut(vault.skipped)
  }
}

/** The name, the description, and each tag. */
function textsOf({ Name = '', Description, Tags = [] }: SecretListEntry): string[] {
  const description = Description === undefined ? [] : [Description]
  return [Name, ...description, ...Tags.map(({ Key, Value }) => `${Key ?? ''}=${Value ?? ''}`)]
}
