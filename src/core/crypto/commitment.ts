import { canonicalBytes, utf8 } from '../format/canonical.js'
import { encode } from '../encoding.js'
import type { SecretValue } from './seal.js'
import { sodium } from '../sodium.js'

/** What a commitment is bound to, besides the value. */
export interface Committed {
  /** The vault id. */
  readonly vault: string
  /** The secret's ARN. */
  readonly secret: string
  readonly version: string
}

/**
 * What lets a writer who cannot decrypt tell that a value is the one they wrote: a MAC under a key of their own
 * (FORMAT.md, "Commitments"). To everybody else it says nothing, not even of a value that is guessed.
 * @param key the identity's, 32 bytes
 */
export function commitTo(value: SecretValue, committed: Committed, key: Uint8Array): string {
  const { vault, secret, version } = committed
  const bytes = value.type === 'string' ? utf8(value.text) : value.bytes
  const message = canonicalBytes({
    kind: 'git-vault/commitment',
    vault,
    secret,
    version,
    type: value.type,
    value: encode(bytes)
  })
  return encode(sodium.crypto_generichash(32, message, key))
}
