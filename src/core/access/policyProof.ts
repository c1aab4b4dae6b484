import type { Identity } from '../crypto/identity.js'
import { asValue, signedBytes, signCached, verifyCached, type SecretDocument } from '../format/documents.js'
import type { Access } from './access.js'

/**
 * A member with only `manage` may sign secret.yaml, and may set a policy in it. A member with `decrypt` who then changes a
 * tag signs that policy as well. So the signature over the document cannot show that a member who may read the value wanted
 * the policy: the policy has a signature of its own, its proof (FORMAT.md, "Policies").
 */
const KIND = 'git-vault/policy'

/** The policy of a secret.yaml. */
export type PolicyRegister = NonNullable<SecretDocument['policy']>

/** The secret that a policy is checked for, and the access log. */
export interface PolicyContext {
  readonly access: Access
  /** The ARN in secret.yaml. */
  readonly secret: string
  /** Alias of the secret's key. */
  readonly key: string
}

/** The policy, signed by `identity`. */
export function provePolicy(
  { value, changed }: { readonly value: string; readonly changed: string },
  { vaultId, secret }: { readonly vaultId: string; readonly secret: string },
  identity: Identity
): PolicyRegister {
  const proof = signCached(proofBytes(value, changed, vaultId, secret), identity.signSecret)
  return { value, changed, by: identity.public.keyId, proof }
}

/** Whether the policy was set by a member who may decrypt the secret now. Only then an Allow in it takes effect. */
export function isProvenPolicy(
  { value, changed, by = '', proof = '' }: PolicyRegister,
  { access, secret, key }: PolicyContext
): boolean {
  const member = access.members.get(by)
  return (
    value !== undefined &&
    member?.rights.get(key)?.has('decrypt') === true &&
    // Cached, because a server asks for each request.
    verifyCached(proof, proofBytes(value, changed, access.vaultId, secret), member.signKey)
  )
}

function proofBytes(value: string, changed: string, vaultId: string, secret: string): Uint8Array {
  return signedBytes(KIND, vaultId, asValue({ secret, value, changed }))
}
