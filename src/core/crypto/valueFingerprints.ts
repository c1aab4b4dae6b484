import { utf8 } from '../format/canonical.js'
import type { Identity } from './identity.js'
import { keepLast } from '../format/parseCache.js'
import type { SecretValue } from './seal.js'
import { sodium } from '../sodium.js'

const MAX_FINGERPRINTS = 1_000

/**
 * Fingerprints of the values that this process has sealed or opened. A warm process compares a value with one
 * of them without decrypting again. A fingerprint is BLAKE2b-256 under a key of the identity that has the
 * value. It never leaves the process.
 */
export class ValueFingerprints {
  readonly #fingerprints = new Map<string, Uint8Array>()

  /** @param digest of the version document */
  set(identity: Identity, digest: string, value: SecretValue): void {
    keepLast(this.#fingerprints, MAX_FINGERPRINTS, keyOf(identity, digest), fingerprint(identity, value))
  }

  /** Whether the version document holds the value; `undefined` if that is not known. In constant time. */
  matches(identity: Identity, digest: string, value: SecretValue): boolean | undefined {
    const known = this.#fingerprints.get(keyOf(identity, digest))
    return known && sodium.memcmp(known, fingerprint(identity, value))
  }
}

const keyOf = (identity: Identity, digest: string): string => `${identity.public.keyId} ${digest}`

function fingerprint(identity: Identity, value: SecretValue): Uint8Array {
  const key = sodium.crypto_generichash(32, utf8('git-vault fingerprints of values'), identity.boxSecret)
  const state = sodium.crypto_generichash_init(key, 32)
  sodium.crypto_generichash_update(state, utf8(`${value.type}\n`))
  sodium.crypto_generichash_update(state, value.type === 'string' ? utf8(value.text) : value.bytes)
  return sodium.crypto_generichash_final(state, 32)
}
