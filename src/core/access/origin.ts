import { openingTenures, type Access, type Member, type SealedUnder } from './access.js'
import type { VersionDocument } from '../format/documents.js'

export type Origin = VersionDocument['origin']

/**
 * The origin for another ciphertext of a version's value (FORMAT.md, "Values"). It keeps every key that the
 * value has been encrypted under: a member who could read the value there may know it for good.
 */
export function carriedOrigin({
  origin,
  key,
  recipient
}: Pick<VersionDocument, 'origin' | 'key' | 'recipient'>): Origin {
  const [first, ...others] = origin.also ?? []
  if (key === origin.key || origin.also?.some(other => other.key === key)) return origin
  return { ...origin, also: first ? [first, ...others, { key, recipient }] : [{ key, recipient }] }
}

/** Every key and generation that the value has been encrypted under, the version's own last. */
export function placesOf({
  origin,
  key,
  recipient
}: Pick<VersionDocument, 'origin' | 'key' | 'recipient'>): SealedUnder[] {
  return [origin, ...(origin.also ?? []), { key, recipient }]
}

/**
 * Whether a signer may name this origin: they wrote the value, or could ever open one of its places.
 * Otherwise a member who can only write could have a value of theirs listed as exposed by another writer.
 */
export function canCarry(access: Access, signer: Member, document: VersionDocument): boolean {
  if (document.origin.writer === signer.keyId) return true
  return placesOf(document).some(place => openingTenures(access, signer, place).length > 0)
}
