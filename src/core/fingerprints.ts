import { utf8 } from './canonical.js'
import type { SecretValue } from './seal.js'
import { sodium } from './sodium.js'

const AT_MOST = 1_000

/**
 * Which values documents hold, for a program that writes again and again: whether a value is one that it has sealed or
 * opened before can be told without opening that again. What is kept is BLAKE2b-256 under a key that is drawn when it is
 * first needed and never leaves the process.
 */
export class Fingerprints {
  readonly #all = new Map<string, Uint8Array>()
  #key: Uint8Array | undefined

  /** @param digest of the version's document */
  set(digest: string, value: SecretValue): void {
    this.#all.delete(digest)
    this.#all.set(digest, this.#of(value))
    const [oldest] = this.#all.size > AT_MOST ? this.#all.keys() : []
    if (oldest !== undefined) this.#all.delete(oldest)
  }

  /** Whether the document holds the value; `undefined` where that is not known. In constant time. */
  matches(digest: string, value: SecretValue): boolean | undefined {
    const known = this.#all.get(digest)
    return known && sodium.memcmp(known, this.#of(value))
  }

  #of(value: SecretValue): Uint8Array {
    this.#key ??= sodium.crypto_generichash_keygen()
    const hash = sodium.crypto_generichash_init(this.#key, 32)
    sodium.crypto_generichash_update(hash, utf8(`${value.type}\n`))
    sodium.crypto_generichash_update(hash, value.type === 'string' ? utf8(value.text) : value.bytes)
    return sodium.crypto_generichash_final(hash, 32)
  }
}
