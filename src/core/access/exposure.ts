import { openingTenures, type Access, type Member, type Waiver } from './access.js'
import { append, cachedBy } from './lookup.js'
import type { VersionDocument } from '../format/documents.js'
import { placesOf } from './origin.js'

/** A member who could have read a value, or wrote it, and may not read it now. */
export interface Exposure {
  /** Key id. */
  readonly member: string
  readonly how: 'read' | 'wrote'
  /** Number of the entry since which the value is exposed (FORMAT.md, "Exposure"). */
  readonly since: number
}

/**
 * The members who may know a version's value without the right to read it (FORMAT.md, "Exposure"). Only a new
 * value ends an exposure: storing the same value again, or re-encrypting it, keeps its origin.
 * @param alias of the secret's key now
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
      .map(({ from, until }) => until ?? Math.max(from, keyCreated(access, alias)))
    if (read.length > 0) return [{ member: member.keyId, how: 'read', since: greatest(read) }]
    // A member who may still write is expected to know the values they wrote.
    const mayWrite = now?.has('encrypt') || member.adminSince !== undefined
    if (document.origin.writer !== member.keyId || mayWrite) return []
    return [{ member: member.keyId, how: 'wrote', since: lastTenureEnd(access, member, alias) }]
  })
}

/** The waivers of a version, oldest first. */
export function waiversOf({ waivers }: Access, secret: string, version: string): readonly Waiver[] {
  return waiversByVersion(waivers).get(`${secret} ${version}`) ?? []
}

const waiversByVersion = cachedBy((waivers: Access['waivers']) => {
  const byVersion = new Map<string, Waiver[]>()
  for (const one of waivers) append(byVersion, `${one.secret} ${one.version}`, one)
  return byVersion
})

function lastTenureEnd(access: Access, { tenures }: Member, alias: string): number {
  const ends = tenures.flatMap(({ key, until }) => (key === alias && until !== undefined ? [until] : []))
  return ends.length > 0 ? greatest(ends) : keyCreated(access, alias)
}

/** Number of the entry that added the key's first generation. */
function keyCreated(access: Access, alias: string): number {
  return access.keys.get(alias)?.generations[0]?.since ?? 1
}

/** Not `Math.max`: its arguments would be on the stack, and a log may hold very many tenures. */
function greatest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0)
}
