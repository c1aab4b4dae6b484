import { VaultError } from '../errors.js'
import type { PublicIdentity } from '../crypto/identity.js'
import type { PruningPolicy } from '../versions/pruning.js'
import { append, cachedBy, lastUntil } from './lookup.js'
import { PatternIndex } from './patternIndex.js'
import type { Recovery } from './recovery.js'
import type { Right } from './rights.js'

/** Grammar of a key's alias and of a member's name. */
export const SHORT_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

export type { Right } from './rights.js'

/** Rights by key alias. */
export type Rights = ReadonlyMap<string, readonly [Right, ...Right[]]>

/** From one entry of the access log to another, by number. */
export interface Period {
  /** The entry that began it. */
  readonly from: number
  /** The entry that ended it; absent while it lasts. */
  readonly until?: number
}

/** A period in which a member holds a right on a key. */
export interface Tenure extends Period {
  readonly key: string
  readonly right: Right
}

export interface Member extends PublicIdentity {
  readonly name: string
  /** Number of the entry that admitted the member. */
  readonly since: number
  /** Number of the entry that made the member an admin; absent if the member is not one now. */
  readonly adminSince?: number
  /** Number of the entry that removed the member. Old signatures of removed members are still checked. */
  readonly removed?: number
  /** By key alias: each right, and the number of the entry that granted it. */
  readonly rights: ReadonlyMap<string, ReadonlyMap<Right, number>>
  /** Past and present, oldest first. */
  readonly tenures: readonly Tenure[]
  /** The periods in which the member was an admin, oldest first. */
  readonly adminTenures: readonly Period[]
}

export interface Generation {
  readonly number: string
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The generation's name in version documents, so that its number could change without re-encryption. */
  readonly recipient: string
  /** Number of the entry that added it. */
  readonly since: number
}

export interface Key {
  readonly alias: string
  /** Patterns: whole names, or prefixes followed by `**`. */
  readonly names: readonly string[]
  /** Oldest first; new versions are sealed to the last. */
  readonly generations: readonly Generation[]
}

/** A name pattern, given to a key by an entry of the log. */
export interface Binding {
  readonly pattern: string
  /** The key's alias. */
  readonly key: string
  /** Number of that entry. */
  readonly since: number
}

/** An admin's statement that an exposed value may stay (FORMAT.md, "Exposure"). */
export interface Waiver {
  readonly secret: string
  readonly version: string
  readonly until: string
  readonly reason: string
  /** Key id of the admin. */
  readonly by: string
  /** Number of the entry. The waiver does not cover members who lose the right later. */
  readonly since: number
}

/** What the access log says, all entries applied. */
export interface Access {
  /** Hash of the first entry. */
  readonly vaultId: string
  readonly region: string
  readonly account: string
  /** By key id, removed members included. */
  readonly members: ReadonlyMap<string, Member>
  readonly keys: ReadonlyMap<string, Key>
  /** Every pattern that a key was ever given, oldest first. */
  readonly bindings: readonly Binding[]
  readonly pruning: PruningPolicy
  readonly waivers: readonly Waiver[]
  /** By key id of the member whose identity was split. */
  readonly recoveries: ReadonlyMap<string, Recovery>
  /** The hash of each entry, oldest first. */
  readonly entries: readonly string[]
  /** The time of each entry, as its signer stated it. */
  readonly times: readonly string[]
}

export const DEFAULT_KEY = 'default'

/** The member of that name; `undefined` if there is none or it was removed. */
export function memberNamed({ members }: Access, name: string): Member | undefined {
  return presentByName(members).get(name)
}

const presentByName = cachedBy((members: Access['members']) => {
  const present = [...members.values()].filter(({ removed }) => removed === undefined)
  return new Map(present.map(member => [member.name, member]))
})

/** The newest recovery identity. An older one that was used may still be a member until it is removed. */
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

/** Aliases of the keys on which a member holds `decrypt` now. */
export function readableKeys({ rights }: Member): string[] {
  return [...rights].flatMap(([key, held]) => (held.has('decrypt') ? [key] : []))
}

/** Members who hold `decrypt` on a key now. */
export function readersOf({ members }: Access, alias: string): readonly Member[] {
  return readersByKey(members).get(alias) ?? []
}

const readersByKey = cachedBy((members: Access['members']) => {
  const readers = new Map<string, Member[]>()
  for (const member of members.values())
    for (const alias of readableKeys(member)) append(readers, alias, member)
  return readers
})

/** Members who hold `decrypt` on a key, but have no box in a document of one of its generations. */
export function readersWithoutBox(
  access: Access,
  alias: string,
  { sealed }: { readonly sealed: object }
): Member[] {
  return readersOf(access, alias).filter(({ keyId }) => !Object.hasOwn(sealed, keyId))
}

/** The key for new versions of `name`: the one with the most specific matching pattern. */
export function keyFor({ keys }: Access, name: string): Key | undefined {
  const [best] = keysByPattern(keys).matching(name)
  return best
}

const keysByPattern = cachedBy((keys: Access['keys']) => {
  const index = new PatternIndex<Key>()
  for (const key of keys.values()) for (const pattern of key.names) index.set(pattern, key)
  return index
})

/** The alias of the key that `name` had when the log had `knew` entries, for versions written then. */
export function keyAt({ bindings }: Access, name: string, knew: number): string | undefined {
  for (const sameName of bindingsByPattern(bindings).matching(name)) {
    // The later of two bindings wins: it took the name from the earlier.
    const last = lastUntil(sameName, knew)
    if (last) return last.key
  }
  return undefined
}

const bindingsByPattern = cachedBy((bindings: Access['bindings']) => {
  const index = new PatternIndex<Binding[]>()
  for (const binding of bindings) {
    const same = index.get(binding.pattern)
    if (same) same.push(binding)
    else index.set(binding.pattern, [binding])
  }
  return index
})

/**
 * Whether a member may sign for a key: they hold one of `rights` by a grant in the first `knew` entries of
 * the log (FORMAT.md, "When a document is accepted", 2). Admins may sign anything.
 */
export function mayWrite(member: Member, alias: string, rights: readonly Right[], knew: number): boolean {
  if ((member.adminSince ?? Infinity) <= knew) return true
  const granted = member.rights.get(alias)
  return rights.some(right => (granted?.get(right) ?? Infinity) <= knew)
}

/**
 * Whether a member could add versions under a key when the log had `knew` entries: they held `encrypt` on it,
 * or were an admin (FORMAT.md, "When a document is accepted", 4). `manage` is not enough.
 */
export function couldEncrypt({ tenures, adminTenures }: Member, alias: string, knew: number): boolean {
  const lasted = ({ from, until = Infinity }: Period): boolean => from <= knew && knew < until
  const granted = tenures.filter(({ key, right }) => key === alias && right === 'encrypt')
  return [...granted, ...adminTenures].some(lasted)
}

/** Returns the member. Throws AccessDeniedException unless they are an admin. */
export function expectAdmin(member: Member | undefined): Member {
  if (member?.adminSince !== undefined) return member
  throw new VaultError(
    'AccessDeniedException',
    `${member?.name ?? 'this identity'} is not an admin of this vault`
  )
}

/** Whether the identity with that key id is a member now. */
export function isMember({ members }: Pick<Access, 'members'>, keyId: string): boolean {
  const member = members.get(keyId)
  return member !== undefined && member.removed === undefined
}

/** Says that the member with that key id was removed, and when; `undefined` if there is none, or if they are still one. */
export function formerMember(
  { members, times }: Pick<Access, 'members' | 'times'>,
  keyId: string
): string | undefined {
  const { name, removed } = members.get(keyId) ?? {}
  if (name === undefined || removed === undefined) return undefined
  const since = times[removed - 1]?.slice(0, 16).replace('T', ' ')
  return `${name} is no longer a member of this vault, since ${since} UTC (entry ${removed} of the access log)`
}

/** Returns the present member with that key id. Throws `IdentityNotFound` if there is none. */
export function expectMember(access: Pick<Access, 'members' | 'times'>, keyId: string): Member {
  const member = access.members.get(keyId)
  if (member && member.removed === undefined) return member
  const former = formerMember(access, keyId)
  if (former !== undefined)
    throw new VaultError('IdentityNotFound', former, {
      hint: 'ask an admin of the vault: git-vault member adopt takes over what you wrote before you knew'
    })
  throw new VaultError('IdentityNotFound', 'this identity is not a member of this vault', {
    hint: 'git-vault member request prints what an admin of the vault needs to add you'
  })
}

/** Whether another generation of the key was the newest, and so had to be used, at entry `knew`. */
export function isRetired({ generations }: Key, recipient: string, knew: number): boolean {
  const newest = lastUntil(generations, knew)
  return newest?.recipient !== recipient && byRecipient(generations).has(recipient)
}

/** A key, and the recipient of one of its generations, that a value is or was encrypted under. */
export interface SealedUnder {
  readonly key: string
  readonly recipient: string
}

export function generationOf({ keys }: Access, { key, recipient }: SealedUnder): Generation | undefined {
  const { generations } = keys.get(key) ?? {}
  return generations && byRecipient(generations).get(recipient)
}

const byRecipient = cachedBy(
  (generations: Key['generations']) => new Map(generations.map(one => [one.recipient, one]))
)

/**
 * The member's tenures that let them open values sealed to a generation, now or in the past. A grant of
 * `decrypt` opens all existing generations, and each new one while the tenure lasts.
 */
export function openingTenures(
  access: Access,
  { tenures }: Pick<Member, 'tenures'>,
  place: SealedUnder
): Tenure[] {
  const generation = generationOf(access, place)
  if (!generation) return []
  const reading = readingByKey(tenures).get(place.key) ?? []
  return reading.filter(({ until = Infinity }) => until > generation.since)
}

/** The tenures of `decrypt`, by key. */
const readingByKey = cachedBy((tenures: Member['tenures']) => {
  const byKey = new Map<string, Tenure[]>()
  for (const tenure of tenures) if (tenure.right === 'decrypt') append(byKey, tenure.key, tenure)
  return byKey
})

export type Relation = 'same' | 'behind' | 'ahead' | 'fork' | 'foreign'

/** Compares a log found in a tree with the pinned one. Both are lists of entry hashes, oldest first. */
export function relate(found: readonly string[], pinned: readonly string[]): Relation {
  if (found[0] !== pinned[0]) return 'foreign'
  const shared = Math.min(found.length, pinned.length)
  if (found[shared - 1] !== pinned[shared - 1]) return 'fork'
  return found.length === pinned.length ? 'same' : found.length < pinned.length ? 'behind' : 'ahead'
}
