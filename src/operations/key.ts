import { DEFAULT_KEY, keyFor } from '../core/access.js'
import { VaultError } from '../core/errors.js'
import type { Draft } from '../vault/draft.js'

/** The names of the account's own key for Secrets Manager mean the default key. */
const DEFAULT_ALIASES: ReadonlySet<string> = new Set([
  '',
  DEFAULT_KEY,
  `alias/${DEFAULT_KEY}`,
  'alias/aws/secretsmanager'
])

/** The log binds names to keys; a request may say the same, and nothing else. */
export function chosenKey(draft: Draft, name: string, kmsKeyId: string | undefined): string {
  const alias = keyFor(draft.view.access, name)?.alias
  if (alias === undefined)
    throw new VaultError('EncryptionFailure', `no key of this vault is for the name ${name}`)
  const asked = kmsKeyId?.replace(/^alias\//, '')
  const agrees =
    kmsKeyId === undefined || asked === alias || (alias === DEFAULT_KEY && DEFAULT_ALIASES.has(kmsKeyId))
  if (agrees) return alias
  throw new VaultError(
    'InvalidParameterException',
    `The secret ${name} belongs to the key alias/${alias} of this vault.`
  )
}
