import sodium from 'libsodium-wrappers'

export { sodium }

/** Await this before using libsodium. It compiles in the background from the moment this module loads. */
export const sodiumReady: Promise<void> = sodium.ready

/** BLAKE2b-256 (FORMAT.md, "Encodings and hash"). */
export function hash(bytes: Uint8Array): Uint8Array {
  return sodium.crypto_generichash(32, bytes, null)
}

/** The first 128 bits of the hash: a short name for a public key. */
export function shortHash(bytes: Uint8Array): Uint8Array {
  return hash(bytes).subarray(0, 16)
}
