import { grantHint } from '../../core/access/grantHint.js'
import { DEFAULT_KEY, expectMember, keyFor } from '../../core/access/access.js'
import { RIGHTS } from '../../core/access/rights.js'
import { VaultError } from '../../core/errors.js'
import type { Vault } from '../../vault/vault.js'
import type { View } from '../../vault/view.js'

/**
 * Throws AccessDeniedException unless the user has every right that a rotation of the secret needs: before anything is
 * changed where the credential is used. The hint names those who can grant the rest.
 */
export async function expectRotationRights(vault: Vault, { access }: View, name: string): Promise<void> {
  const { keyId } = (await vault.identity()).public
  const member = expectMember(access, keyId)
  const alias = keyFor(access, name)?.alias ?? DEFAULT_KEY
  const held = member.rights.get(alias)
  const isAdmin = member.adminSince !== undefined
  // to read the value, to store the new one, and to move labels. The grantor of `decrypt` must have it, and it comes first.
  const missing = RIGHTS.filter(right => !held?.has(right) && !(isAdmin && right !== 'decrypt'))
  const [first, ...also] = missing
  if (first === undefined) return
  throw new VaultError(
    'AccessDeniedException',
    `${member.name} cannot rotate ${name}: that needs ${RIGHTS.join(', ')} on the key ${alias}, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    { hint: grantHint(access, keyId, alias, [first], also) }
  )
}
