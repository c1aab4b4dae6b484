import { utf8 } from '../format/canonical.js'
import type { Identity } from './identity.js'
import { keepLast } from '../format/parseCache.js'
import type { SecretValue } from './seal.js'
import { sodium } from '../sodium.js'

const AT_MOST = 1_000

/**
 * Which values documents hold, for a program that writes again and again: whether a value is one that it has sealed or
 * opened before can be told without opening that again. What is kept is BLAKE2b-256 under a key of the identity that has
 * it; it never leaves the process.
 */
export class Fingerprints {
  readonly #all = new Map<string, Uint8Array>()

  /** @param digest of the version's document */
  set(identity: Identity, digest: string, value: SecretValue): void {
    keepLast(this.#all, AT_MOST, nameOf(identity, digest), fingerprint(identity, value))
  }

  /** Whether the document holds the value; `undefined` where that is not known. In constant time. */
  matches(identity: Identity, digest: string, value: SecretValue): boolean | undefined {
    const known = this.#all.get(nameOf(identity, digest))
    return known && sodium.memcmp(known, fingerprint(identity, value))
  }
}

const nameOf = (identity: Identity, digest: string): string => `${identity.public.keyId} ${digest}`

function fingerprint(identity: Identity, value: SecretValue): Uint8Array {
  const key = sodium.crypto_generichash(32, utf8('git-vault fingerprints of values'), identity.boxSecret)
  const state = sodium.crypto_generichash_init(key, 32)
  sodium.crypto_generichash_update(state, utf8(`${value.type}\n`))
  sodium.crypto_generichash_update(state, value.type === 'string' ? utf8(value.text) : value.bytes)
  return sodium.crypto_generichash_final(state, 32)
}
