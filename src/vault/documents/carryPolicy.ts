import { DEFAULT_KEY, keyFor, type Access } from '../../core/access/access.js'
import {
  isProvenPolicy,
  provePolicy,
  type PolicyContext,
  type PolicyRegister
} from '../../core/access/policyProof.js'
import type { Identity } from '../../core/crypto/identity.js'
import type { SecretDocument } from '../../core/format/documents.js'

/** The parts of a `Draft` that decide about proofs. */
interface PolicyWrite {
  /** The state before the write. */
  readonly view: { readonly access: Access }
  /** The access log after it. */
  readonly access: Access
  readonly identity: Identity
}

/**
 * Returns the policy field of a write that keeps a policy; empty if there is none. A proof that is accepted stays as it is.
 * If the write itself ends it, because the member who set the policy loses `decrypt`, or because the policy gets another
 * date or ARN, a writer with `decrypt` signs it anew. A proof that was not accepted before is left out: otherwise the
 * writer would vouch for a policy that a member without `decrypt` wrote.
 * @param from the accepted document that the policy comes from
 * @param to the document that is written, with the policy that it would have
 */
export function carryPolicy(
  from: SecretDocument,
  to: { readonly arn: string; readonly policy?: PolicyRegister | undefined },
  { view, access, identity }: PolicyWrite
): Pick<SecretDocument, 'policy'> {
  if (!to.policy) return {}
  const { value, changed } = to.policy
  if (value === undefined) return { policy: { changed } }
  const context = contextOf(access, from.name, to.arn)
  if (isProvenPolicy(to.policy, context)) return { policy: to.policy }
  const before = contextOf(view.access, from.name, from.arn)
  const isKept = from.policy?.value === value && isProvenPolicy(from.policy, before)
  return { policy: isKept ? newPolicy(value, changed, context, identity) : { value, changed } }
}

/** Returns a policy that a write sets. It has a proof if the writer may decrypt the secret. */
export function newPolicy(
  value: string,
  changed: string,
  { access, secret, key }: PolicyContext,
  identity: Identity
): PolicyRegister {
  const mayRead = access.members.get(identity.public.keyId)?.rights.get(key)?.has('decrypt')
  if (mayRead !== true) return { value, changed }
  return provePolicy({ value, changed }, { vaultId: access.vaultId, secret }, identity)
}

/** Whether a write ends the proof of a policy, and its writer can replace it. */
export function endsProof(document: SecretDocument, write: PolicyWrite): boolean {
  const { policy, name, arn } = document
  if (policy?.proof === undefined || isProvenPolicy(policy, contextOf(write.access, name, arn))) return false
  return carryPolicy(document, document, write).policy?.proof !== undefined
}

/** Returns the document as it is if the proof of its policy is accepted, and otherwise without that proof. */
export function withoutUnacceptedProof(document: SecretDocument, access: Access): SecretDocument {
  const { policy, name, arn } = document
  const isBare = policy?.by === undefined && policy?.proof === undefined
  if (!policy || isBare || isProvenPolicy(policy, contextOf(access, name, arn))) return document
  const { by: _by, proof: _proof, ...rest } = policy
  return { ...document, policy: rest }
}

function contextOf(access: Access, name: string, secret: string): PolicyContext {
  return { access, secret, key: keyFor(access, name)?.alias ?? DEFAULT_KEY }
}
