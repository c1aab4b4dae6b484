import { DEFAULT_KEY, keyFor, type Access } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import type { Draft } from '../vault/draft.js'
import { moveNamesakes } from '../vault/team/rekey.js'
import type { Vault } from '../vault/vault.js'

/** Names of AWS's own key for Secrets Manager. Here they mean the default key. */
const DEFAULT_ALIASES: ReadonlySet<string> = new Set([
  '',
  DEFAULT_KEY,
  `alias/${DEFAULT_KEY}`,
  'alias/aws/secretsmanager'
])

/** The part of a key's ARN before its alias. It is ignored. */
const ARN_PREFIX = /^arn:aws[a-z-]*:kms:[^:]*:\d{12}:/

/**
 * The alias of the key that a request selects. The access log binds names to keys. If the request selects
 * another key than the name's, this adds an entry to the log and re-encrypts the secrets of that name in
 * other regions. Throws AccessDeniedException if the member is not an admin, or if
 * this server may not change the log.
 */
export async function resolveKey(
  vault: Vault,
  draft: Draft,
  name: string,
  kmsKeyId: string | undefined
): Promise<string> {
  const { current, requested } = await keysOf(vault, draft, name, kmsKeyId)
  if (requested === current) return current
  if (draft.member.adminSince === undefined)
    throw new VaultError(
      'AccessDeniedException',
      `The secret ${name} belongs to the key alias/${current} of this vault. Only an admin can change that, and ${draft.member.name} is not an admin.`
    )
  if (draft.limits.mayAmend === false)
    throw new VaultError(
      'AccessDeniedException',
      `The secret ${name} belongs to the key alias/${current} of this vault. This server may not change that: it was started without --allow-key-change.`
    )
  noticeLosses(vault, draft.access, { name, current, requested })
  await draft.amend([{ change: 'names', key: requested, names: [name] }])
  await moveNamesakes(vault, draft, name)
  return requested
}

/** Tells the admin which members lose rights on a name that a request moves to another key. */
function noticeLosses(
  vault: Vault,
  { members }: Access,
  { name, current, requested }: { name: string; current: string; requested: string }
): void {
  for (const { name: member, rights } of members.values()) {
    const kept = rights.get(requested)
    const lost = [...(rights.get(current)?.keys() ?? [])].filter(right => !kept?.has(right))
    if (lost.length > 0)
      vault.notice(
        `${name} moves from key ${current} to key ${requested}: ${member} loses ${lost.join(', ')}`
      )
  }
}

/** Throws InvalidParameterException if a request selects another key for a replica than its primary's. */
export async function checkReplicaKey(
  vault: Vault,
  draft: Draft,
  name: string,
  kmsKeyId: string | undefined
): Promise<void> {
  const { current, requested } = await keysOf(vault, draft, name, kmsKeyId)
  if (requested === current || kmsKeyId === 'alias/aws/secretsmanager') return
  throw new VaultError(
    'InvalidParameterException',
    `The secret ${name} belongs to the key alias/${current} of this vault, in every region.`
  )
}

/** The aliases of the key that the name has, and of the one that the request selects. */
async function keysOf(
  vault: Vault,
  draft: Draft,
  name: string,
  kmsKeyId: string | undefined
): Promise<{ readonly current: string; readonly requested: string }> {
  const current = keyFor(draft.access, name)?.alias
  if (current === undefined)
    throw new VaultError('EncryptionFailure', `no key of this vault covers the name "${name}"`)
  if (kmsKeyId === undefined) return { current, requested: current }
  const id = kmsKeyId.replace(ARN_PREFIX, '')
  const { mappedKey } = await import('../vault/memory/kmsKeys.js')
  const requested =
    (kmsKeyId === '' ? undefined : await mappedKey(vault.repository.memory, kmsKeyId)) ??
    (DEFAULT_ALIASES.has(id) ? DEFAULT_KEY : id.replace(/^alias\//, ''))
  if (!draft.access.keys.has(requested))
    throw new VaultError('InvalidParameterException', `There is no key ${kmsKeyId} in this vault.`, {
      hint: `map it to a key of this vault: git-vault key alias ${kmsKeyId} ALIAS`
    })
  return { current, requested }
}
