import type { Generation } from '../../core/access/access.js'
import type { KeyDocument } from '../../core/format/documents.js'
import { decode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import { openSealed } from '../../core/crypto/seal.js'
import { sodium } from '../../core/sodium.js'

/**
 * A generation's private key, out of its key document, which counts. Throws `DecryptionFailure` where none is sealed for
 * the identity, and `DocumentRefused` naming `path` where what is sealed is not the key.
 */
export function privateKeyIn(
  document: KeyDocument,
  { publicKey }: Generation,
  identity: Identity,
  path: string
): Uint8Array {
  const known = opened.get(document)
  if (known && sodium.memcmp(known.by, identity.boxSecret)) return known.secret
  const sealed = document.sealed[identity.public.keyId]
  if (sealed === undefined) {
    throw new VaultError(
      'DecryptionFailure',
      "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
      { hint: `this identity may not decrypt under key ${document.key}` }
    )
  }
  const { boxKey } = identity.public
  const secret = openSealed(boxKey, identity.boxSecret, decode(sealed) ?? new Uint8Array())
  const isKey = secret?.length === 32 && sodium.memcmp(sodium.crypto_scalarmult_base(secret), publicKey)
  if (!secret || !isKey)
    throw new VaultError(
      'DocumentRefused',
      `${path}: what is sealed in it for this identity is not the private key`
    )
  opened.set(document, { by: identity.boxSecret, secret })
  return secret
}

/** The private keys that an identity has opened: they lie in memory beside it, and it could open them again. */
const opened = new WeakMap<KeyDocument, { readonly by: Uint8Array; readonly secret: Uint8Array }>()
