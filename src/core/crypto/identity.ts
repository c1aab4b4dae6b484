import { canonicalBytes, utf8 } from '../format/canonical.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { hash, shortHash, sodium } from '../sodium.js'
import { isSoundBoxKey, isSoundSignKey } from './publicKeys.js'

/** A member's public keys, and the key id that documents use for the member. */
export interface PublicIdentity {
  /** The public string, `gvpub1_…` (FORMAT.md, "Identities"). */
  readonly text: string
  readonly keyId: string
  /** Ed25519, 32 bytes. */
  readonly signKey: Uint8Array
  /** X25519, 32 bytes. */
  readonly boxKey: Uint8Array
}

/** The private keys of one person or machine. Never in the repository. */
export interface Identity {
  readonly public: PublicIdentity
  /** Ed25519, 64 bytes: seed and public key. */
  readonly signSecret: Uint8Array
  /** X25519, 32 bytes. */
  readonly boxSecret: Uint8Array
  /** The key of commitments, 32 bytes. */
  readonly commitSecret: Uint8Array
}

const PUBLIC = 'gvpub1_'
const SECRET = 'gvsec1_'
const CHECKSUM = 4
/** `crypto_kdf` context and subkey numbers. */
const CONTEXT = 'gitvault'
const SUBKEY = { sign: 1, box: 2, commit: 3 } as const

/** Returns the identity of a 32-byte seed (FORMAT.md, "Identities"). */
export function identityFromSeed(seed: Uint8Array): Identity {
  const subkey = (id: number) => sodium.crypto_kdf_derive_from_key(32, id, CONTEXT, seed)
  const sign = sodium.crypto_sign_seed_keypair(subkey(SUBKEY.sign))
  const boxSecret = subkey(SUBKEY.box)
  const boxKey = sodium.crypto_scalarmult_base(boxSecret)
  return {
    public: publicIdentity(sign.publicKey, boxKey),
    signSecret: sign.privateKey,
    boxSecret,
    commitSecret: subkey(SUBKEY.commit)
  }
}

export function publicIdentity(signKey: Uint8Array, boxKey: Uint8Array): PublicIdentity {
  const keys = concat(signKey, boxKey)
  return { text: armor(PUBLIC, keys), keyId: encode(shortHash(keys)), signKey, boxKey }
}

/**
 * Parses a public string, `gvpub1_…`. Returns `undefined` if it is malformed, its checksum is wrong, or it has
 * a weak key.
 */
export function parsePublic(text: string): PublicIdentity | undefined {
  const keys = unarmor(PUBLIC, text, 64)
  return keys && isSound(keys) ? publicIdentity(keys.slice(0, 32), keys.slice(32)) : undefined
}

/** Whether a public string that `parsePublic` refuses is intact, and has a weak key. Nobody makes one by accident. */
export function hasWeakKey(text: string): boolean {
  const keys = unarmor(PUBLIC, text, 64)
  return keys !== undefined && !isSound(keys)
}

/** What a weak key is, for messages. */
export const WEAK_KEY = 'a key of small order or in a non-canonical encoding'

const isSound = (keys: Uint8Array): boolean =>
  isSoundSignKey(keys.subarray(0, 32)) && isSoundBoxKey(keys.subarray(32))

/** Returns the secret string of a seed. Secret scanners know its prefix, `gvsec1_`. */
export function formatSecret(seed: Uint8Array): string {
  return armor(SECRET, seed)
}

/**
 * Returns the seed of a secret string, `gvsec1_…`, or `undefined` if it is malformed or its checksum is
 * wrong.
 */
export function parseSecret(text: string): Uint8Array | undefined {
  return unarmor(SECRET, text, 32)
}

/**
 * Parses the identity that a machine is given in `GIT_VAULT_IDENTITY`: the secret string, optionally followed
 * by a full stop and the id of the one vault whose root the machine may trust without confirmation. Throws
 * `IdentityNotFound`, without the text.
 */
export function parseMachineIdentity(text: string): { seed: Uint8Array; root?: string } {
  const [secret = '', root, ...rest] = text.trim().split('.')
  const seed = parseSecret(secret)
  if (!seed || rest.length > 0 || (root !== undefined && !decode(root, 32))) {
    throw new VaultError('IdentityNotFound', 'the identity given is not a gvsec1_… string', {
      hint: 'give a secret string of 55 characters, optionally followed by a full stop and a vault id of 43'
    })
  }
  return root === undefined ? { seed } : { seed, root }
}

/**
 * Returns the associated data that binds a wrapped identity to its public string and to the parameters of
 * wrapping.
 */
export function wrapContext(publicText: string, parameters: Record<string, string>): Uint8Array {
  return canonicalBytes({ kind: 'git-vault/identity', format: '1', public: publicText, ...parameters })
}

/** Returns a prefix that names the kind of the bytes, then base64url of the bytes and a checksum. */
export function armor(prefix: string, bytes: Uint8Array): string {
  return prefix + encode(concat(bytes, checksum(prefix, bytes)))
}

/** Undoes `armor`. Returns `undefined` for another prefix or length, or a wrong checksum. */
export function unarmor(prefix: string, text: string, length: number): Uint8Array | undefined {
  if (!text.startsWith(prefix)) return undefined
  const bytes = decode(text.slice(prefix.length), length + CHECKSUM)
  const body = bytes?.slice(0, length)
  return bytes && body && sodium.memcmp(checksum(prefix, body), bytes.slice(length)) ? body : undefined
}

/** Detects typing and copying errors, not attacks. */
function checksum(prefix: string, bytes: Uint8Array): Uint8Array {
  return hash(concat(utf8(prefix), bytes)).slice(0, CHECKSUM)
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
