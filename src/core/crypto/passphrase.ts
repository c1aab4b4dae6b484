import type Sumo from 'libsodium-wrappers-sumo'
import { utf8 } from '../format/canonical.js'
import type { IdentityDocument } from '../format/documents.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { wrapContext } from './identity.js'

type Wrapped = NonNullable<IdentityDocument['wrapped']>

/** Argon2id's cost: FORMAT.md, "Identities". */
export interface WrapCost {
  readonly passes: number
  /** Bytes. */
  readonly memory: number
}

export const WRAP_COST: WrapCost = { passes: 3, memory: 256 << 20 }

/** No file makes a reader spend more than this. */
const MAX_MEMORY = 1 << 30

/**
 * Wraps a seed with a passphrase: XChaCha20-Poly1305 under an Argon2id key, the parameters and the public string as
 * associated data.
 * @param random 16 bytes of salt, then 24 of nonce
 */
export async function wrapSeed(
  seed: Uint8Array,
  publicText: string,
  passphrase: string,
  random: Uint8Array,
  cost: WrapCost = WRAP_COST
): Promise<Wrapped> {
  const sumo = await loadSumo()
  const [salt, nonce] = [random.subarray(0, 16), random.subarray(16, 40)]
  const parameters = parametersOf(cost, encode(salt), encode(nonce))
  const key = stretch(sumo, passphrase, salt, cost)
  const context = wrapContext(publicText, parameters)
  const ciphertext = sumo.crypto_aead_xchacha20poly1305_ietf_encrypt(seed, context, null, nonce, key)
  sumo.memzero(key)
  return { ...parameters, ciphertext: encode(ciphertext) }
}

/** Throws `IdentityLocked` where the passphrase is wrong or anything in the file was changed. */
export async function unwrapSeed(
  wrapped: Wrapped,
  publicText: string,
  passphrase: string
): Promise<Uint8Array> {
  const sumo = await loadSumo()
  const cost = { passes: Number(wrapped.passes), memory: Number(wrapped.memory) }
  if (cost.memory > MAX_MEMORY || cost.memory < 8192) {
    throw new VaultError(
      'IdentityLocked',
      'the identity asks for more memory to open it than git-vault gives'
    )
  }
  const [salt, nonce, ciphertext] = [wrapped.salt, wrapped.nonce, wrapped.ciphertext].map(text =>
    decode(text)
  )
  if (!salt || !nonce || !ciphertext) throw new VaultError('IdentityLocked', 'the identity file is damaged')
  const key = stretch(sumo, passphrase, salt, cost)
  const context = wrapContext(publicText, parametersOf(cost, wrapped.salt, wrapped.nonce))
  try {
    return sumo.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, context, nonce, key)
  } catch {
    throw new VaultError('IdentityLocked', 'wrong passphrase, or the identity file was changed')
  } finally {
    sumo.memzero(key)
  }
}

/** Associated data and file fields are the same texts. */
function parametersOf({ passes, memory }: WrapCost, salt: string, nonce: string) {
  return { algorithm: 'argon2id13', passes: String(passes), memory: String(memory), salt, nonce } as const
}

function stretch(
  sumo: typeof Sumo,
  passphrase: string,
  salt: Uint8Array,
  { passes, memory }: WrapCost
): Uint8Array {
  return sumo.crypto_pwhash(
    32,
    utf8(passphrase.normalize('NFC')),
    salt,
    passes,
    memory,
    sumo.crypto_pwhash_ALG_ARGON2ID13
  )
}

/** `crypto_pwhash` is in libsodium's larger build alone, which only a wrapped identity pays for. */
async function loadSumo(): Promise<typeof Sumo> {
  const { default: sumo } = await import('libsodium-wrappers-sumo')
  await sumo.ready
  return sumo
}
