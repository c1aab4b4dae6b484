import type Sumo from 'libsodium-wrappers-sumo'
import { utf8 } from '../format/canonical.js'
import type { IdentityDocument } from '../format/documents.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { wrapContext } from './identity.js'

type Wrapped = NonNullable<IdentityDocument['wrapped']>

/** The cost of Argon2id: FORMAT.md, "Identities". */
export interface WrapCost {
  readonly passes: number
  /** In bytes. */
  readonly memory: number
}

export const WRAP_COST: WrapCost = { passes: 3, memory: 256 << 20 }

/** The message of the error that another passphrase may cure. */
export const WRONG_PASSPHRASE = 'wrong passphrase, or the identity file was changed'

/** In bytes. A file that asks for more or less is refused before any memory is spent. */
const MIN_MEMORY = 8192
const MAX_MEMORY = 1 << 30

/**
 * Wraps a seed with a passphrase: XChaCha20-Poly1305 under an Argon2id key, with the parameters and the
 * public string as associated data.
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

/** Returns the seed. Throws `IdentityLocked` if the passphrase is wrong or the file was changed. */
export async function unwrapSeed(
  wrapped: Wrapped,
  publicText: string,
  passphrase: string
): Promise<Uint8Array> {
  const sumo = await loadSumo()
  const cost = { passes: Number(wrapped.passes), memory: Number(wrapped.memory) }
  if (cost.memory > MAX_MEMORY || cost.memory < MIN_MEMORY) {
    throw new VaultError(
      'IdentityLocked',
      `the identity file asks for ${cost.memory} bytes of memory; the allowed range is ${MIN_MEMORY} to ${MAX_MEMORY}`
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
    throw new VaultError('IdentityLocked', WRONG_PASSPHRASE)
  } finally {
    sumo.memzero(key)
  }
}

/** The file's fields and the associated data have the same texts. */
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

/** Only libsodium's larger build has `crypto_pwhash`. It is loaded only for a wrapped identity. */
async function loadSumo(): Promise<typeof Sumo> {
  const { default: sumo } = await import('libsodium-wrappers-sumo')
  await sumo.ready
  return sumo
}
