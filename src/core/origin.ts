import type { VersionDocument } from './documents.js'

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
