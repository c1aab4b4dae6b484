import type { Entry } from '../../src/core/generated/documents.js'
import { hashEntry, signEntry } from '../../src/core/access/accessLog.js'
import { utf8 } from '../../src/core/format/canonical.js'
import {
  asValue,
  digestOf,
  formatUnchecked,
  signDocument,
  signedBytes,
  type AccessDocument,
  type Documents,
  type Kind,
  type SignedDocument
} from '../../src/core/format/documents.js'
import { encode } from '../../src/core/encoding.js'
import { formatSecret, identityFromSeed, type Identity } from '../../src/core/crypto/identity.js'
import { sodium } from '../../src/core/sodium.js'
import { Place } from '../../src/vault/documents/place.js'

/** "Random" bytes: a hash of their purpose, so that the vectors are the same each time. */
export function draw(what: string, length = 32): Uint8Array {
  return sodium.crypto_generichash(length, utf8(`git-vault test vector: ${what}`), null)
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

export const place = new Place('vault')

export interface Person extends Identity {
  readonly name: string
  readonly secret: string
}

export function person(name: string): Person {
  const seed = draw(`seed of ${name}`)
  return { ...identityFromSeed(seed), name, secret: formatSecret(seed) }
}

/** A generation's key pair. */
export function pair(name: string): { secret: Uint8Array; public: Uint8Array } {
  const secret = draw(`generation ${name}`)
  return { secret, public: sodium.crypto_scalarmult_base(secret) }
}

export const time = (ms: number): string => new Date(Date.UTC(2025, 10, 23, 18, 50) + ms).toISOString()

/** Returns the log's next entry, signed by `who`. */
export function extend(log: readonly Entry[], who: Person, changes: Entry['changes'], over = {}): Entry {
  const [root] = log
  const last = log.at(-1)
  return signEntry(
    {
      entry: String(log.length + 1),
      previous: last ? hashEntry(last) : 'none',
      time: time(log.length * 1000),
      by: who.public.keyId,
      changes,
      ...over
    },
    root && hashEntry(root),
    who.signSecret
  )
}

export function logOf(entries: readonly Entry[]): AccessDocument {
  return { kind: 'git-vault/access', format: '1', entries: entries as AccessDocument['entries'] }
}

export const textOf = <K extends Kind>(kind: K, document: Documents[K], path: string): string =>
  new TextDecoder().decode(formatUnchecked(kind, document, path))

/** Signs a changed document as `who`, whether or not it names them as its signer. */
export function resign<D extends SignedDocument>(
  document: D,
  vaultId: string,
  who: Person,
  kind?: string
): D {
  const { signature: _, ...unsigned } = document
  if (kind === undefined) return signDocument(unsigned as D, vaultId, who.signSecret)
  const message = signedBytes(kind, vaultId, asValue(unsigned))
  return { ...document, signature: encode(sodium.crypto_sign_detached(message, who.signSecret)) }
}

export { digestOf }
