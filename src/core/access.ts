import { canonicalBytes } from './canonical.js'
import { asValue, signedBytes, verifyBytes, type AccessDocument } from './documents.js'
import { decode, encode } from './encoding.js'
import { VaultError } from './errors.js'
import type { Entry } from './generated/documents.js'
import { parsePublic, type PublicIdentity } from './identity.js'
import { PRUNING, type PruningPolicy } from './pruning.js'
import { hash, shortHash, sodium } from './sodium.js'

export type Right = 'decrypt' | 'encrypt' | 'manage'

export interface Member extends PublicIdentity {
  readonly name: string
  readonly admin: boolean
  /** Number of the log's entry that admitted the member. */
  readonly since: number
  /** By key alias: each right, and the number of the entry that granted it. */
  readonly rights: ReadonlyMap<string, ReadonlyMap<Right, number>>
}

export interface Generation {
  readonly number: string
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Names the generation in version documents, so that its number could change without re-encryption. */
  readonly recipient: string
}

export interface Key {
  readonly alias: string
  /** Names, or prefixes followed by `**`. */
  readonly names: readonly string[]
  /** Oldest first; new versions are sealed to the last. */
  readonly generations: readonly Generation[]
}

/** What the access log says, folded. */
export interface Access {
  /** Hash of the first entry: names the vault. */
  readonly vaultId: string
  readonly region: string
  readonly account: string
  readonly members: ReadonlyMap<string, Member>
  readonly keys: ReadonlyMap<string, Key>
  readonly pruning: PruningPolicy
  /** The hash of each entry, oldest first. */
  readonly entries: readonly string[]
}

export const DEFAULT_KEY = 'default'

const ENTRY_KIND = 'git-vault/access-entry'

export type UnsignedEntry = Omit<Entry, 'signature'>

/** @param vaultId left out for the first entry, whose hash it is */
export function signEntry(entry: UnsignedEntry, vaultId: string | undefined, secretKey: Uint8Array): Entry {
  const message = signedBytes(ENTRY_KIND, vaultId ?? '', asValue(entry))
  return { ...entry, signature: encode(sodium.crypto_sign_detached(message, secretKey)) }
}

export function hashEntry(entry: Entry): string {
  return encode(hash(canonicalBytes(asValue(entry))))
}

/**
 * Folds the log into what it says, checking that entries follow each other, that each was signed by whoever was an
 * admin before it, and that names, keys and generations are new where they must be. Throws `DocumentRefused` naming
 * `path` and the entry.
 * @param verified how many entries this clone has verified before, from the same bytes: their signatures are not
 * checked again
 */
export function foldLog(document: AccessDocument, path: string, verified = 0): Access {
  const known =
    folded.get(document) ?? (verified >= document.entries.length ? trusted.get(document) : undefined)
  if (known) return known
  const fold = new Fold(path)
  document.entries.forEach((entry, index) => fold.add(entry, index < verified))
  const access = fold.result()
  // what was folded on the word that it had been verified is not taken for verified
  if (verified === 0) folded.set(document, access)
  else if (verified >= document.entries.length) trusted.set(document, access)
  return access
}

const folded = new WeakMap<AccessDocument, Access>()
const trusted = new WeakMap<AccessDocument, Access>()

/** A member while the log is being folded: rights are still added. */
type Admitted = Omit<Member, 'rights'> & { readonly rights: Map<string, Map<Right, number>> }

class Fold {
  #path: string
  #number = 0
  #entries: string[] = []
  #vault: { region: string; account: string } | undefined
  #members = new Map<string, Admitted>()
  #keys = new Map<string, Key & { generations: Generation[] }>()
  #names = new Map<string, string>()
  /** Key ids, and the public keys of members and generations, with whose they are: none may stand for two. */
  #publicKeys = new Map<string, string>()
  #pruning = PRUNING

  constructor(path: string) {
    this.#path = path
  }

  add(entry: Entry, verified: boolean): void {
    this.#number++
    const previous = this.#entries.at(-1)
    if (entry.entry !== String(this.#number)) this.#refuse(`numbered ${entry.entry}`)
    if (entry.previous !== (previous ?? 'none')) this.#refuse('does not follow the entry before it')
    // Who signs the first entry names themselves an admin in it: that is what trusting a root means. Nothing of an
    // entry is looked at further before its signature, or whoever can push could make every reader work.
    const signer = previous === undefined ? selfAdmitted(entry) : this.#members.get(entry.by)
    if (!signer || (previous !== undefined && !this.#members.get(entry.by)?.admin))
      this.#refuse('not signed by an admin')
    const { signature, ...unsigned } = entry
    const message = () => signedBytes(ENTRY_KIND, this.#entries[0] ?? '', asValue(unsigned))
    if (!verified && !verifyBytes(signature, message(), signer.signKey))
      this.#refuse('the signature does not verify')
    for (const change of entry.changes) this.#apply(change)
    this.#entries.push(hashEntry(entry))
  }

  result(): Access {
    const [vaultId] = this.#entries
    if (!this.#vault || vaultId === undefined) return this.#refuse('names no vault')
    for (const key of this.#keys.values()) {
      if (key.generations.length === 0) this.#refuse(`key ${key.alias} has no generation`)
    }
    return {
      vaultId,
      ...this.#vault,
      members: this.#members,
      keys: this.#keys,
      pruning: this.#pruning,
      entries: this.#entries
    }
  }

  #apply(change: Entry['changes'][number]): void {
    if ((change.change === 'vault') !== (this.#number === 1 && !this.#vault)) {
      this.#refuse('the vault is described first in the first entry, and only there')
    }
    switch (change.change) {
      case 'vault':
        this.#vault = { region: change.region, account: change.account }
        return
      case 'member':
        return this.#admit(change.name, change.public, change.role === 'admin')
      case 'key':
        return this.#addKey(change.key, change.names)
      case 'generation':
        return this.#addGeneration(change.key, change.generation, change.public)
      case 'grant':
        return this.#grant(change.member, change.key, change.rights)
      case 'pruning': {
        const [keep, hours, quota] = [
          Number(change.keep),
          Number(change.minimumAgeHours),
          Number(change.quota)
        ]
        if (quota < keep) this.#refuse('the quota is less than what is kept')
        this.#pruning = { keep, minimumAgeMs: hours * 60 * 60 * 1000, quota }
      }
    }
  }

  #admit(name: string, text: string, admin: boolean): void {
    const keys = parsePublic(text)
    if (!keys) return this.#refuse(`the public string of ${name} is damaged`)
    if (this.#names.has(name)) this.#refuse(`there is a member ${name} already`)
    for (const key of [keys.keyId, encode(keys.signKey), encode(keys.boxKey)]) {
      const owner = this.#publicKeys.get(key)
      if (owner !== undefined) this.#refuse(`${name} has a key of ${owner}'s`)
      this.#publicKeys.set(key, name)
    }
    this.#names.set(name, keys.keyId)
    this.#members.set(keys.keyId, { ...keys, name, admin, since: this.#number, rights: new Map() })
  }

  #addKey(alias: string, names: readonly string[]): void {
    if (this.#keys.has(alias)) this.#refuse(`there is a key ${alias} already`)
    for (const key of this.#keys.values()) {
      const taken = names.find(name => key.names.includes(name))
      if (taken !== undefined) this.#refuse(`${taken} belongs to key ${key.alias} already`)
    }
    this.#keys.set(alias, { alias, names, generations: [] })
  }

  #addGeneration(alias: string, number: string, text: string): void {
    const key = this.#keys.get(alias)
    const publicKey = decode(text, 32)
    if (!key || !publicKey) return this.#refuse(`a generation of an unknown key ${alias}, or a damaged one`)
    if (number !== String(key.generations.length + 1))
      this.#refuse(`generation ${number} of ${alias} is out of turn`)
    const recipient = encode(shortHash(publicKey))
    if (this.#publicKeys.has(recipient)) this.#refuse(`a public key of ${alias} stands twice`)
    this.#publicKeys.set(recipient, alias)
    key.generations.push({ number, publicKey, recipient })
  }

  #grant(name: string, alias: string, rights: readonly Right[]): void {
    const member = this.#members.get(this.#names.get(name) ?? '')
    if (!member || !this.#keys.has(alias))
      return this.#refuse(`a grant to ${name} on ${alias}, of which one is unknown`)
    const granted = member.rights.get(alias) ?? new Map<Right, number>()
    for (const right of rights) if (!granted.has(right)) granted.set(right, this.#number)
    member.rights.set(alias, granted)
  }

  #refuse(why: string): never {
    throw new VaultError('DocumentRefused', `${this.#path}: access log entry ${this.#number}: ${why}`)
  }
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
  if (member.admin && member.since <= knew) return true
  const granted = member.rights.get(alias)
  return rights.some(right => (granted?.get(right) ?? Infinity) <= knew)
}

export type Relation = 'same' | 'behind' | 'ahead' | 'fork' | 'foreign'

/** How a log found in a tree stands to the one this clone has pinned. */
export function relate(found: readonly string[], pinned: readonly string[]): Relation {
  if (found[0] !== pinned[0]) return 'foreign'
  const shared = Math.min(found.length, pinned.length)
  if (found[shared - 1] !== pinned[shared - 1]) return 'fork'
  return found.length === pinned.length ? 'same' : found.length < pinned.length ? 'behind' : 'ahead'
}

/** The member that the first entry admits and that signs it, if that member is an admin. */
function selfAdmitted(entry: Entry): PublicIdentity | undefined {
  for (const change of entry.changes) {
    const keys =
      change.change === 'member' && change.role === 'admin' ? parsePublic(change.public) : undefined
    if (keys?.keyId === entry.by) return keys
  }
  return undefined
}
