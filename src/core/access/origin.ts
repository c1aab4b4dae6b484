import { openingTenures, type Access, type Member, type SealedUnder } from './access.js'
import type { VersionDocument } from '../format/documents.js'

export type Origin = VersionDocument['origin']

/**
 * Where a version's value was first written, for another ciphertext of the same value (FORMAT.md, "Values"). A key that
 * the value has been under is kept: whoever could read it there could read it for good.
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

/** All that a value has been encrypted under, as its version says. */
export function placesOf({
  origin,
  key,
  recipient
}: Pick<VersionDocument, 'origin' | 'key' | 'recipient'>): SealedUnder[] {
  return [origin, ...(origin.also ?? []), { key, recipient }]
}

/**
 * Whether a signer can have a value from whoever the origin says wrote it: if they could ever open one of the places where
 * it has been. Otherwise who may only write could have another listed for what they know.
 */
export function canCarry(access: Access, signer: Member, document: VersionDocument): boolean {
  if (document.origin.writer === signer.keyId) return true
  return placesOf(document).some(place => openingTenures(access, signer, place).length > 0)
}
