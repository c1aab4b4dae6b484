import { VaultError } from '../../core/errors.js'
import { UsageError } from '../arguments/usage.js'
import type { Vault } from '../../vault/vault.js'
import { passwordOptions, passwordRuleOf } from '../command/passwordOptions.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

export const generate: Verb = {
  help: `Usage: git-vault generate [NAME] [options]

Generate a password. With NAME, store it as a new version of the secret, and do
not show it. Without NAME, print it and store nothing.

A password has 32 characters, of lower and upper case letters, digits and
punctuation, at least one of each.

Options:
  --length LENGTH        the number of characters
  --exclude CHARACTERS   never use these characters
  --no-punctuation       use letters and digits only
  --words COUNT          generate this many words instead, 11 bits each, with
                         hyphens between them
  --create               create the secret if it does not exist
  --region REGION        the region of the secret (default: the vault's own)

Example:
  git-vault generate prod/db/password --create
`,
  options: {
    ...passwordOptions,
    create: { kind: 'flag' },
    ...regionOption
  },
  words: ['NAME'],
  required: 0,

  async run(parsed, world) {
    const name = parsed.words[0]
    if (name === undefined && parsed.has('create')) throw new UsageError('input', '--create needs NAME')
    const vault = await openCurrentVault(world, parsed.text('region'))
    const password = await world.services.newPassword(vault, passwordRuleOf(parsed))
    if (name === undefined) return world.io.stdout.write(`${password}\n`)
    const versionId = await store(vault, name, password, parsed.has('create'), world)
    await world.io.stdout.write(`${visible(`${name}  ${versionId}  AWSCURRENT`)}\n`)
  }
}

/** Stores a new version, and returns its id. */
async function store(
  vault: Vault,
  name: string,
  password: string,
  mayCreate: boolean,
  { io, services }: World
): Promise<string> {
  const value = { ClientRequestToken: io.uuid(), SecretString: password }
  try {
    await services.call(vault, 'PutSecretValue', { SecretId: name, ...value })
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'ResourceNotFoundException')) throw error
    const hint = error.hint ?? 'pass --create to create it'
    if (!mayCreate) throw error.reworded(error.message, hint)
    await services.call(vault, 'CreateSecret', { Name: name, ...value })
  }
  return value.ClientRequestToken
}
