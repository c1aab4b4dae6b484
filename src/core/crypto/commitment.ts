import { canonicalBytes, utf8 } from '../format/canonical.js'
import { encode } from '../encoding.js'
import type { SecretValue } from './seal.js'
import { sodium } from '../sodium.js'

/** What a commitment covers besides the value. */
export interface CommitmentContext {
  /** The vault id. */
  readonly vault: string
  /** The secret's ARN. */
  readonly secret: string
  readonly version: string
}

/**
 * Returns a commitment to a value (FORMAT.md, "Commitments"): a MAC under a key of the writer, base64url.
 * With it, a writer who cannot decrypt can check whether a value is the one they wrote. Nobody else can test
 * even a guessed value against it.
 * @param key the identity's key of commitments, 32 bytes
 */
export function commitTo(value: SecretValue, context: CommitmentContext, key: Uint8Array): string {
  const { vault, secret, version } = context
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
