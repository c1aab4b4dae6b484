import { DEFAULT_KEY, keyFor } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import type { Draft } from '../vault/draft.js'
import { moveNamesakes } from '../vault/team/rekey.js'
import type { Vault } from '../vault/vault.js'

/** The names of the account's own key for Secrets Manager mean the default key. */
const DEFAULT_ALIASES: ReadonlySet<string> = new Set([
  '',
  DEFAULT_KEY,
  `alias/${DEFAULT_KEY}`,
  'alias/aws/secretsmanager'
])

/** The beginning of a key's ARN, which says nothing that its alias does not. */
const ARN = /^arn:aws[a-z-]*:kms:[^:]*:\d{12}:/

/**
 * The key that a request asks for. The log binds names to keys, so to ask for another one than the name has adds an entry
 * to the log, which an admin may, and moves what other regions have under that name.
 */
export async function chosenKey(
  vault: Vault,
  draft: Draft,
  name: string,
  kmsKeyId: string | undefined
): Promise<string> {
  const { alias, asked } = askedKey(draft, name, kmsKeyId)
  if (asked === alias) return alias
  if (draft.member.adminSince === undefined)
    throw new VaultError(
      'AccessDeniedException',
      `The secret ${name} belongs to the key alias/${alias} of this vault, and ${draft.member.name} is no admin to change that.`
    )
  draft.amend([{ change: 'names', key: asked, names: [name] }])
  await moveNamesakes(vault, draft, name)
  return asked
}

/** Throws InvalidParameterException where a request asks for another key than the name has: a replica has its primary's. */
export function agreeOnKey(draft: Draft, name: string, kmsKeyId: string | undefined): void {
  const { alias, asked } = askedKey(draft, name, kmsKeyId)
  if (asked === alias || kmsKeyId === 'alias/aws/secretsmanager') return
  throw new VaultError(
    'InvalidParameterException',
    `The secret ${name} belongs to the key alias/${alias} of this vault, in every region.`
  )
}

function askedKey(
  draft: Draft,
  name: string,
  kmsKeyId: string | undefined
): { readonly alias: string; readonly asked: string } {
  const alias = keyFor(draft.access, name)?.alias
  if (alias === undefined)
    throw new VaultError('EncryptionFailure', `no key of this vault is for the name ${name}`)
  if (kmsKeyId === undefined) return { alias, asked: alias }
  const id = kmsKeyId.replace(ARN, '')
  const asked = DEFAULT_ALIASES.has(id) ? DEFAULT_KEY : id.replace(/^alias\//, '')
  if (!draft.access.keys.has(asked))
    throw new VaultError('InvalidParameterException', `There is no key alias/${asked} in this vault.`)
  return { alias, asked }
}
