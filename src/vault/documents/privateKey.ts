import { formerMember, isMember, type Access, type Generation } from '../../core/access/access.js'
import { grantHint } from '../../core/access/grantHint.js'
import type { KeyDocument } from '../../core/format/documents.js'
import { decode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import { openSealed } from '../../core/crypto/seal.js'
import { sodium } from '../../core/sodium.js'

/**
 * Returns a generation's private key, 32 bytes, from its accepted key document. Throws `DecryptionFailure` if the identity
 * is not a recipient; its cause is `IdentityNotFound` if no member has the identity. Throws `DocumentRefused` naming `path` if
 * what is sealed for it is not the key.
 * @param access for the hint of an identity that is not a recipient
 */
export function privateKeyIn(
  document: KeyDocument,
  { publicKey }: Generation,
  identity: Identity,
  path: string,
  access: Access
): Uint8Array {
  const known = opened.get(document)
  if (known && sodium.memcmp(known.by, identity.boxSecret)) return known.secret
  const sealed = document.sealed[identity.public.keyId]
  if (sealed === undefined) {
    const { keyId } = identity.public
    throw new VaultError(
      'DecryptionFailure',
      "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
      {
        hint: grantHint(access, keyId, document.key, ['decrypt']),
        ...(isMember(access, keyId) ? {} : { cause: noMember(access, keyId) })
      }
    )
  }
  const { boxKey } = identity.public
  const secret = openSealed(boxKey, identity.boxSecret, decode(sealed) ?? new Uint8Array())
  const isKey = secret?.length === 32 && sodium.memcmp(sodium.crypto_scalarmult_base(secret), publicKey)
  if (!secret || !isKey)
    throw new VaultError(
      'DocumentRefused',
      `${path}: the private key sealed for this identity is not the one of this generation`
    )
  opened.set(document, { by: identity.boxSecret, secret })
  return secret
}

const noMember = (access: Access, keyId: string): VaultError =>
  new VaultError('IdentityNotFound', formerMember(access, keyId) ?? 'you are not a member of this vault')

/** Private keys by document. Keeping them adds no risk: the identity, in the same memory, can open them again. */
const opened = new WeakMap<KeyDocument, { readonly by: Uint8Array; readonly secret: Uint8Array }>()
