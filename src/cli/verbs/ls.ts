import type { Vault } from '../../vault/vault.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { columns } from '../terminal/paint.js'
import type { World } from '../command/services.js'
import { allSecrets } from '../command/allSecrets.js'
import { isJson, jsonOption } from '../command/json.js'
import { failIfLeftOut } from '../command/skipped.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const ls: Verb = {
  help: `Usage: git-vault ls [PREFIX] [options]

List all secrets, or those whose names start with PREFIX, sorted by name.

Options:
  --long, -l        also show the date of the last change, key and description
  --json            print the secrets as ListSecrets does, as JSON
  --region REGION   the region to list (default: the vault's own)

Example:
  git-vault ls prod/ --long
`,
  options: { long: { kind: 'flag', short: 'l' }, ...jsonOption, ...regionOption },
  words: ['PREFIX'],
  required: 0,

  async run(parsed, world) {
    const region = parsed.text('region')
    const prefix = parsed.words[0] ?? ''
    const vault = await openCurrentVault(world, region)
    const secrets = await allSecrets(vault, prefix, world)
    const rows = secrets.map(secret => {
      const name = visible(secret.Name ?? '')
      if (!parsed.has('long')) return [name]
      const changed = secret.LastChangedDate ?? secret.CreatedDate
      const key = visible(secret.KmsKeyId ?? 'default')
      return [name, changed === undefined ? '' : localTime(changed), key, visible(secret.Description ?? '')]
    })
    await world.io.stdout.write(
      isJson(parsed)
        ? visibleJson({ SecretList: secrets })
        : columns(rows)
            .map(line => `${line.trimEnd()}\n`)
            .join('')
    )
    if (region === undefined || secrets.length === 0) {
      const listed = new Set(secrets.map(({ Name }) => Name))
      await sayElsewhere(vault, name => name.startsWith(prefix) && !listed.has(name), region, world)
    }
    failIfLeftOut(vault.skipped)
  }
}

/** Says on stderr which other regions have secrets of such names. */
async function sayElsewhere(
  vault: Vault,
  matches: (name: string) => boolean,
  asked: string | undefined,
  { io, services }: World
): Promise<void> {
  for (const { region, names } of await services.namesElsewhere(vault, asked === undefined, matches)) {
    const what = names.length === 1 ? '1 secret is' : `${names.length} secrets are`
    await io.stderr.write(`git-vault: ${what} in another region: pass --region ${visible(region)}\n`)
  }
}
