import { canonicalBytes, utf8 } from '../format/canonical.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { hash, shortHash, sodium } from '../sodium.js'

/** A member's public keys, and the id by which documents name them. */
export interface PublicIdentity {
  /** `gvpub1_…`, FORMAT.md, "Identities". */
  readonly text: string
  readonly keyId: string
  /** Ed25519, 32 bytes. */
  readonly signKey: Uint8Array
  /** X25519, 32 bytes. */
  readonly boxKey: Uint8Array
}

/** One person's or machine's private keys. Never in the repository. */
export interface Identity {
  readonly public: PublicIdentity
  /** Ed25519, 64 bytes: seed and public key. */
  readonly signSecret: Uint8Array
  /** X25519, 32 bytes. */
  readonly boxSecret: Uint8Array
  /** Key of commitments, 32 bytes. */
  readonly commitSecret: Uint8Array
}

const PUBLIC = 'gvpub1_'
const SECRET = 'gvsec1_'
const CHECKSUM = 4
/** `crypto_kdf` context and subkey numbers. */
const CONTEXT = 'gitvault'
const SUBKEY = { sign: 1, box: 2, commit: 3 } as const

/** Derives an identity's keys from its 32-byte seed. */
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

/** Reads `gvpub1_…`; `undefined` where it is mistyped. */
export function parsePublic(text: string): PublicIdentity | undefined {
  const keys = unarmor(PUBLIC, text, 64)
  return keys && publicIdentity(keys.slice(0, 32), keys.slice(32))
}

/** `gvsec1_…`: what secret scanners look for. */
export function formatSecret(seed: Uint8Array): string {
  return armor(SECRET, seed)
}

/** Reads `gvsec1_…` into the seed; `undefined` where it is mistyped. */
export function parseSecret(text: string): Uint8Array | undefined {
  return unarmor(SECRET, text, 32)
}

/**
 * What a machine is given in `GIT_VAULT_IDENTITY`: the secret string, and after a full stop the id of the one vault
 * whose root it may trust unseen.
 */
export function parseCarried(text: string): { seed: Uint8Array; root?: string } {
  const [secret = '', root, ...rest] = text.trim().split('.')
  const seed = parseSecret(secret)
  if (!seed || rest.length > 0 || (root !== undefined && !decode(root, 32))) {
    throw new VaultError('IdentityNotFound', 'the identity given is not a gvsec1_… string', {
      hint: 'it has 55 characters, and may go on with a full stop and a vault id of 43'
    })
  }
  return root === undefined ? { seed } : { seed, root }
}

/** Associated data that ties a wrapped identity to its public string and to the cost of opening it. */
export function wrapContext(publicText: string, parameters: Record<string, string>): Uint8Array {
  return canonicalBytes({ kind: 'git-vault/identity', format: '1', public: publicText, ...parameters })
}

/** Base64url of bytes and a checksum, behind a prefix that tells what they are. */
export function armor(prefix: string, bytes: Uint8Array): string {
  return prefix + encode(concat(bytes, checksum(prefix, bytes)))
}

/** `undefined` where it is mistyped. */
export function unarmor(prefix: string, text: string, length: number): Uint8Array | undefined {
  if (!text.startsWith(prefix)) return undefined
  const bytes = decode(text.slice(prefix.length), length + CHECKSUM)
  const body = bytes?.slice(0, length)
  return bytes && body && sodium.memcmp(checksum(prefix, body), bytes.slice(length)) ? body : undefined
}

/** Catches slips of the keyboard and of the clipboard, not attackers. */
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
