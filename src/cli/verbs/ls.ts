import type { ListSecretsResponse, SecretListEntry } from '../../core/generated/requests.js'
import type { Vault } from '../../vault/vault.js'
import { visible } from '../terminal/escape.js'
import { columns } from '../terminal/paint.js'
import type { World } from '../command/services.js'
import { openVault, regionOption, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const ls: Verb = {
  help: `Usage: git-vault ls [PREFIX] [options]

List the secrets whose names begin with PREFIX, or all of them, by name.

Options:
  --long, -l        also when each was last changed, its key and its description
  --region REGION   the region to list (the vault's own)

Example:
  git-vault ls prod/ --long
`,
  options: { long: { kind: 'flag', short: 'l' }, ...regionOption },
  words: ['PREFIX'],
  required: 0,

  async run(parsed, world) {
    const secrets = await listed(await openVault(world, parsed.text('region')), parsed.words[0] ?? '', world)
    const rows = secrets.map(secret => {
      const name = visible(secret.Name ?? '')
      if (!parsed.has('long')) return [name]
      const changed = secret.LastChangedDate ?? secret.CreatedDate
      const key = visible(secret.KmsKeyId ?? 'default')
      return [name, changed === undefined ? '' : when(changed), key, visible(secret.Description ?? '')]
    })
    await world.io.stdout.write(
      columns(rows)
        .map(line => `${line.trimEnd()}\n`)
        .join('')
    )
  }
}

async function listed(vault: Vault, prefix: string, { services }: World): Promise<SecretListEntry[]> {
  const found: SecretListEntry[] = []
  let token: string | undefined
  do {
    const page: ListSecretsResponse = await services.call(vault, 'ListSecrets', {
      MaxResults: 100,
      ...(token === undefined ? {} : { NextToken: token })
    })
    found.push(...(page.SecretList ?? []))
    token = page.NextToken
  } while (token !== undefined)
  // Not by the service's name filter: that one reads a leading `!` as "not".
  return found
    .filter(secret => secret.Name?.startsWith(prefix))
    .sort((a, b) => (a.Name! < b.Name! ? -1 : a.Name! > b.Name! ? 1 : 0))
}
