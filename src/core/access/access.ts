import { VaultError } from '../errors.js'
import type { PublicIdentity } from '../crypto/identity.js'
import type { PruningPolicy } from '../versions/pruning.js'
import type { Recovery } from './recovery.js'

/** What a key may be called, and a member. */
export const SHORT_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

export type Right = 'decrypt' | 'encrypt' | 'manage'

/** Rights, by the alias of the key that they are on. */
export type Rights = ReadonlyMap<string, readonly [Right, ...Right[]]>

/** A right that a member held on a key: numbers of the log's entries that granted it and that took it away. */
export interface Tenure {
  readonly key: string
  readonly right: Right
  readonly from: number
  /** Left out while it lasts. */
  readonly until?: number
}

export interface Member extends PublicIdentity {
  readonly name: string
  /** Number of the log's entry that admitted the member. */
  readonly since: number
  /** Number of the log's entry that made the member an admin; left out where that is over, or never was. */
  readonly adminSince?: number
  /** Number of the entry that removed the member, whose signatures of before stay known. */
  readonly removed?: number
  /** By key alias: each right, and the number of the entry that granted it. */
  readonly rights: ReadonlyMap<string, ReadonlyMap<Right, number>>
  /** All that was ever granted, oldest first. */
  readonly tenures: readonly Tenure[]
}

export interface Generation {
  readonly number: string
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Names the generation in version documents, so that its number could change without re-encryption. */
  readonly recipient: string
  /** Number of the log's entry that brought it. */
  readonly since: number
}

export interface Key {
  readonly alias: string
  /** Names, or prefixes followed by `**`. */
  readonly names: readonly string[]
  /** Oldest first; new versions are sealed to the last. */
  readonly generations: readonly Generation[]
}

/** A name, or a beginning of names, that a key was given. */
export interface Binding {
  readonly pattern: string
  /** The key's alias. */
  readonly key: string
  /** Number of the log's entry that gave it. */
  readonly since: number
}

/** A version whose value may stay, though somebody without the right could know it. */
export interface Waiver {
  readonly secret: string
  readonly version: string
  readonly until: string
  readonly reason: string
  /** Key id of the admin who said so. */
  readonly by: string
  /** Number of the log's entry: of who loses the right later nothing was said. */
  readonly since: number
}

/** What the access log says, folded. */
export interface Access {
  /** Hash of the first entry: names the vault. */
  readonly vaultId: string
  readonly region: string
  readonly account: string
  /** By key id, those who were removed among them. */
  readonly members: ReadonlyMap<string, Member>
  readonly keys: ReadonlyMap<string, Key>
  /** Which key each name had when, oldest first. */
  readonly bindings: readonly Binding[]
  readonly pruning: PruningPolicy
  readonly waivers: readonly Waiver[]
  /** By the key id of the member whose identity was split. */
  readonly recoveries: ReadonlyMap<string, Recovery>
  /** The hash of each entry, oldest first. */
  readonly entries: readonly string[]
  /** When each entry was made, as its signer says. */
  readonly times: readonly string[]
}

export const DEFAULT_KEY = 'default'

/** The member of that name, who has not been removed. */
export function memberNamed(access: Access, name: string): Member | undefined {
  for (const member of access.members.values())
    if (member.name === name && member.removed === undefined) return member
  return undefined
}

/** The recovery identity that there is: the newest, for one that was used may be there until it is removed. */
export function recoveryOf({
  members,
  recoveries
}: Access): { member: Member; recovery: Recovery } | undefined {
  for (const recovery of [...recoveries.values()].toReversed()) {
    const member = members.get(recovery.member)
    if (member && member.removed === undefined) return { member, recovery }
  }
  return undefined
}

/** The keys that a member may decrypt under now. */
export function readableKeys({ rights }: Member): string[] {
  return [...rights].flatMap(([key, held]) => (held.has('decrypt') ? [key] : []))
}

/** Those who may decrypt under a key now. */
export function readersOf(access: Access, alias: string): Member[] {
  return [...access.members.values()].filter(({ rights }) => rights.get(alias)?.has('decrypt'))
}

/** Those who may decrypt under a key and have no box in a document of one of its generations, which has to have one. */
export function readersWithoutBox(
  access: Access,
  alias: string,
  { sealed }: { readonly sealed: object }
): Member[] {
  return readersOf(access, alias).filter(({ keyId }) => !Object.hasOwn(sealed, keyId))
}

/** The key that new versions of `name` are sealed under: of the patterns that match, the one that says most. */
export function keyFor(access: Access, name: string): Key | undefined {
  let best: { key: Key; weight: number } | undefined
  for (const key of access.keys.values()) {
    for (const pattern of key.names) {
      const weight = matchWeight(pattern, name)
      if (weight > (best?.weight ?? -1)) best = { key, weight }
    }
  }
  return best?.key
}

/** The alias of the key that `name` had when the log had `knew` entries: what was sealed then is under that one. */
export function keyAt({ bindings }: Access, name: string, knew: number): string | undefined {
  let best: { key: string; weight: number } | undefined
  for (const { pattern, key, since } of bindings) {
    const weight = since <= knew ? matchWeight(pattern, name) : -1
    // of one pattern, or of two that say as much, the later: it took the name from the other
    if (weight >= (best?.weight ?? 0)) best = { key, weight }
  }
  return best?.key
}

/** -1 where the pattern does not match; a whole name says more than any prefix, a longer prefix more than a shorter. */
function matchWeight(pattern: string, name: string): number {
  if (pattern === name) return Infinity
  if (!pattern.endsWith('**')) return -1
  const prefix = pattern.slice(0, -2)
  return name.startsWith(prefix) ? prefix.length : -1
}

/**
 * Whether a member may sign for a key, by a grant no newer than what they knew of the log (FORMAT.md, "When a
 * document counts", 2). Admins may sign anything.
 */
export function mayWrite(member: Member, alias: string, rights: readonly Right[], knew: number): boolean {
  if ((member.adminSince ?? Infinity) <= knew) return true
  const granted = member.rights.get(alias)
  return rights.some(right => (granted?.get(right) ?? Infinity) <= knew)
}

/** Throws AccessDeniedException for who is no admin, or no member at all. */
export function expectAdmin(member: Member | undefined): Member {
  if (member?.adminSince !== undefined) return member
  throw new VaultError(
    'AccessDeniedException',
    `${member?.name ?? 'this identity'} is no admin of this vault`
  )
}

/** Whether a generation was not the key's newest when the log had `knew` entries: a writer then had to seal to that. */
export function isRetired({ generations }: Key, recipient: string, knew: number): boolean {
  const newest = generations.findLast(({ since }) => since <= knew)
  return newest?.recipient !== recipient && generations.some(other => other.recipient === recipient)
}

/** Where a value is, or was, encrypted: a key and the short name of one of its generations. */
export interface SealedUnder {
  readonly key: string
  readonly recipient: string
}

export function generationOf({ keys }: Access, { key, recipient }: SealedUnder): Generation | undefined {
  return keys.get(key)?.generations.find(other => other.recipient === recipient)
}

/**
 * The tenures by which a member can open what is sealed to a generation, or could: who is given `decrypt` is given all
 * generations that there are, and each new one for as long as it lasts.
 */
export function openingTenures(
  access: Access,
  { tenures }: Pick<Member, 'tenures'>,
  place: SealedUnder
): Tenure[] {
  const generation = generationOf(access, place)
  if (!generation) return []
  return tenures.filter(
    ({ key, right, until = Infinity }) => key === place.key && right === 'decrypt' && until > generation.since
  )
}

export type Relation = 'same' | 'behind' | 'ahead' | 'fork' | 'foreign'

/** How a log found in a tree stands to the one this clone has pinned. */
export function relate(found: readonly string[], pinned: readonly string[]): Relation {
  if (found[0] !== pinned[0]) return 'foreign'
  const shared = Math.min(found.length, pinned.length)
  if (found[shared - 1] !== pinned[shared - 1]) return 'fork'
  return found.length === pinned.length ? 'same' : found.length < pinned.length ? 'behind' : 'ahead'
}
