import sodium from 'libsodium-wrappers'

export { sodium }

/** libsodium compiles in the background from the moment this module loads; await this before any use of it. */
export const sodiumReady: Promise<void> = sodium.ready

/** BLAKE2b-256, FORMAT.md's one hash. */
export function hash(bytes: Uint8Array): Uint8Array {
  return sodium.crypto_generichash(32, bytes, null)
}

/** The first 128 bits of the hash: names a public key where the key itself would be long. */
export function shortHash(bytes: Uint8Array): Uint8Array {
  return hash(bytes).subarray(0, 16)
}
