import { openingTenures, type Access, type Member } from './access.js'
import type { VersionDocument } from '../format/documents.js'
import { placesOf } from './origin.js'

/** Somebody who may not read a value, and could have read it, or wrote it. */
export interface Exposure {
  /** Key id. */
  readonly member: string
  readonly how: 'read' | 'wrote'
  /** Number of the log's entry by which they lost the right, or no later than which the value came under its key. */
  readonly since: number
}

/**
 * Who knows, or may know, a version's value without the right to it (FORMAT.md, "Exposure"). Only a new value changes
 * that: the same again has the same origin, and so has another ciphertext of it.
 * @param alias of the key that the secret is under now
 */
export function exposures(
  access: Access,
  alias: string,
  document: Pick<VersionDocument, 'origin' | 'key' | 'recipient'>
): Exposure[] {
  const places = placesOf(document)
  return [...access.members.values()].flatMap((member): Exposure[] => {
    const now = member.rights.get(alias)
    if (now?.has('decrypt')) return []
    const read = places
      .flatMap(place => openingTenures(access, member, place))
      .map(({ from, until }) => until ?? Math.max(from, beginning(access, alias)))
    if (read.length > 0) return [{ member: member.keyId, how: 'read', since: Math.max(...read) }]
    // who may still write values knows those they have written
    const mayWrite = now?.has('encrypt') || member.adminSince !== undefined
    if (document.origin.writer !== member.keyId || mayWrite) return []
    return [{ member: member.keyId, how: 'wrote', since: lostWriting(access, member, alias) }]
  })
}

function lostWriting(access: Access, { tenures }: Member, alias: string): number {
  const ends = tenures.flatMap(({ key, until }) => (key === alias && until !== undefined ? [until] : []))
  return ends.length > 0 ? Math.max(...ends) : beginning(access, alias)
}

/** The entry that made a key: nothing was under it before. */
function beginning(access: Access, alias: string): number {
  return access.keys.get(alias)?.generations[0]?.since ?? 1
}
