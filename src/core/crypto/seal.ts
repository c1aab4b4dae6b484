import { canonicalBytes, utf8 } from '../format/canonical.js'
import type { VersionDocument } from '../format/documents.js'
import { decode, encode, utf8Text } from '../encoding.js'
import { concat } from './identity.js'
import { sodium } from '../sodium.js'

/** A secret's value: text or bytes. */
export type SecretValue =
  { readonly type: 'string'; readonly text: string } | { readonly type: 'binary'; readonly bytes: Uint8Array }

/** Random bytes that must never be used twice. The caller draws them, so that test vectors are exact. */
export interface SealRandomness {
  /** XChaCha20-Poly1305 key, 32 bytes. */
  readonly dataKey: Uint8Array
  /** 24 bytes. */
  readonly nonce: Uint8Array
  /** X25519 secret key of the sealed box, 32 bytes. */
  readonly ephemeral: Uint8Array
}

/**
 * The fields of a version document that the ciphertext is bound to, including `signed.by` and
 * `signed.access`.
 */
export type SealHeader = Omit<VersionDocument, 'dataKey' | 'nonce' | 'ciphertext' | 'signature'>

export type Sealed = Pick<VersionDocument, 'dataKey' | 'nonce' | 'ciphertext'>

/** Encrypts a value: FORMAT.md, "Values". */
export function sealValue(
  value: SecretValue,
  header: SealHeader,
  vaultId: string,
  recipientKey: Uint8Array,
  { dataKey, nonce, ephemeral }: SealRandomness
): Sealed {
  const padded = pad(value.type === 'string' ? utf8(value.text) : value.bytes)
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    padded,
    associated(header, vaultId),
    null,
    nonce,
    dataKey
  )
  sodium.memzero(padded)
  return {
    dataKey: encode(sealTo(recipientKey, dataKey, ephemeral)),
    nonce: encode(nonce),
    ciphertext: encode(ciphertext)
  }
}

/**
 * Decrypts a version (FORMAT.md, "Values"). Returns `undefined` if anything that the ciphertext is bound to
 * was changed.
 */
export function openValue(
  document: VersionDocument,
  vaultId: string,
  recipientKey: Uint8Array,
  recipientSecret: Uint8Array
): SecretValue | undefined {
  const sealedKey = decode(document.dataKey, 80)
  const nonce = decode(document.nonce, 24)
  const ciphertext = decode(document.ciphertext)
  const dataKey = sealedKey && openSealed(recipientKey, recipientSecret, sealedKey)
  if (dataKey?.length !== 32 || !nonce || !ciphertext) return undefined
  try {
    const padded = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      ciphertext,
      associated(document, vaultId),
      nonce,
      dataKey
    )
    const bytes = unpad(padded)
    if (!bytes || document.type === 'binary') return bytes && { type: 'binary', bytes }
    const text = utf8Text(bytes)
    return text === undefined ? undefined : { type: 'string', text }
  } catch {
    return undefined // wrong tag: the caller reports it with the file's name
  }
}

/**
 * Returns `crypto_box_seal` of the message with a given ephemeral key (FORMAT.md, "Key documents"): the
 * ephemeral public key, then `crypto_box_easy` under the nonce BLAKE2b-192(ephemeral public ‖ recipient).
 */
export function sealTo(recipientKey: Uint8Array, message: Uint8Array, ephemeral: Uint8Array): Uint8Array {
  const ephemeralKey = sodium.crypto_scalarmult_base(ephemeral)
  const nonce = sodium.crypto_generichash(24, concat(ephemeralKey, recipientKey), null)
  return concat(ephemeralKey, sodium.crypto_box_easy(message, nonce, recipientKey, ephemeral))
}

/** Opens a sealed box. Returns `undefined` if it does not open with this key pair. */
export function openSealed(
  publicKey: Uint8Array,
  secretKey: Uint8Array,
  sealed: Uint8Array
): Uint8Array | undefined {
  try {
    return sodium.crypto_box_seal_open(sealed, publicKey, secretKey)
  } catch {
    return undefined // libsodium's error gives no reason
  }
}

function associated(header: SealHeader, vaultId: string): Uint8Array {
  const { kind, format, secret, version, created, type, key, recipient, origin, signed } = header
  return canonicalBytes({
    kind,
    format,
    vault: vaultId,
    secret,
    version,
    created,
    type,
    key,
    recipient,
    origin: { ...origin },
    writer: signed.by,
    access: { ...signed.access }
  })
}

/**
 * Returns what is malformed in a ciphertext, as far as that can be checked without a key; `undefined` if
 * nothing is.
 */
export function sealFault({ dataKey, nonce, ciphertext }: Sealed): string | undefined {
  if (!decode(dataKey, 80)) return 'its data key is not a sealed box of 80 bytes'
  if (!decode(nonce, 24)) return 'its nonce is not 24 bytes'
  const size = (decode(ciphertext)?.length ?? 0) - TAG
  return isPaddedSize(size) ? undefined : 'its ciphertext is not of the size of a padded value'
}

function isPaddedSize(size: number): boolean {
  return size >= SMALLEST && size <= LARGEST && Number.isInteger(Math.log2(size))
}

/** The bytes that Poly1305 adds. */
const TAG = 16
const SMALLEST = 1024
/** The padded size of a value of 65536 bytes, the largest. */
const LARGEST = 131_072

/**
 * Pads as in ISO 7816-4, to 1 KiB or the next power of two, so that a file's size reveals little of the
 * value's size.
 */
export function pad(bytes: Uint8Array): Uint8Array {
  let size = SMALLEST
  while (size < bytes.length + 1) size *= 2
  return sodium.pad(bytes, size)
}

/** Undoes `pad`. Returns `undefined` for any other padding, including a longer one. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  const end = padded.lastIndexOf(0x80)
  if (end < 0 || padded.subarray(end + 1).some(byte => byte !== 0)) return undefined
  const bytes = padded.slice(0, end)
  let size = SMALLEST
  while (size < bytes.length + 1) size *= 2
  return size === padded.length ? bytes : undefined
}
