import type { Access, Binding, Generation, Key, Member, Right, Tenure, Waiver } from './access.js'
import { canonicalBytes } from '../format/canonical.js'
import { asValue, signedBytes, verifyBytes, type AccessDocument } from '../format/documents.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
import type { Entry } from '../generated/documents.js'
import { parsePublic, type PublicIdentity } from '../crypto/identity.js'
import { PRUNING } from '../versions/pruning.js'
import { canBeDrilled, isAnswered, type Recovery } from './recovery.js'
import { SHARES } from '../crypto/share.js'
import { hash, shortHash, sodium } from '../sodium.js'

const ENTRY_KIND = 'git-vault/access-entry'

export type LogChange = Entry['changes'][number]
export type UnsignedEntry = Omit<Entry, 'signature'>

/** @param vaultId left out for the first entry, whose hash it is */
export function signEntry(entry: UnsignedEntry, vaultId: string | undefined, secretKey: Uint8Array): Entry {
  const message = signedBytes(ENTRY_KIND, vaultId ?? '', asValue(entry))
  return { ...entry, signature: encode(sodium.crypto_sign_detached(message, secretKey)) }
}

export function hashEntry(entry: Entry): string {
  return encode(hash(canonicalBytes(asValue(entry))))
}

/** The log with one more entry, and what it then says. Throws as `foldLog`, where no reader would take the entry. */
export function appendEntry(
  log: AccessDocument,
  { vaultId, entries }: Access,
  entry: Pick<UnsignedEntry, 'time' | 'by' | 'changes'>,
  secretKey: Uint8Array,
  path: string
): { log: AccessDocument; access: Access } {
  const number = { entry: String(entries.length + 1), previous: entries.at(-1) ?? 'none' }
  const signed = signEntry({ ...number, ...entry }, vaultId, secretKey)
  const longer: AccessDocument = { ...log, entries: [...log.entries, signed] }
  return { log: longer, access: foldLog(longer, path, entries.length) }
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

/** A member while the log is being folded: all of it still changes. */
interface Folding extends PublicIdentity {
  readonly name: string
  readonly since: number
  adminSince?: number
  removed?: number
  readonly rights: Map<string, Map<Right, number>>
  readonly tenures: Tenure[]
}

class Fold {
  #path: string
  #number = 0
  #entries: string[] = []
  #times: string[] = []
  #vault: { region: string; account: string } | undefined
  #members = new Map<string, Folding>()
  #keys = new Map<string, Key & { names: string[]; generations: Generation[] }>()
  #bindings: Binding[] = []
  #names = new Map<string, string>()
  /** Key ids, and the public keys of members and generations, with whose they are: none may stand for two. */
  #publicKeys = new Map<string, string>()
  #pruning = PRUNING
  #waivers: Waiver[] = []
  #recoveries = new Map<string, Recovery>()
  /** Keys that somebody can decrypt under no more, whose next generation this entry has yet to bring. */
  #outdated = new Set<string>()

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
    if (!signer || (previous !== undefined && this.#members.get(entry.by)?.adminSince === undefined))
      this.#refuse('not signed by an admin')
    const { signature, ...unsigned } = entry
    const message = () => signedBytes(ENTRY_KIND, this.#entries[0] ?? '', asValue(unsigned))
    if (!verified && !verifyBytes(signature, message(), signer.signKey))
      this.#refuse('the signature does not verify')
    for (const change of entry.changes) this.#apply(change, entry.by)
    const [outdated] = this.#outdated
    if (outdated !== undefined)
      this.#refuse(`somebody loses decrypt on ${outdated}, and there is no new generation of it`)
    // what it has its signer sign anew would count for nobody; and so there is always an admin
    if (this.#members.get(entry.by)?.adminSince === undefined)
      this.#refuse('its signer is no admin any more after it')
    this.#entries.push(hashEntry(entry))
    this.#times.push(entry.time)
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
      members: this.#members satisfies ReadonlyMap<string, Member>,
      keys: this.#keys,
      bindings: this.#bindings,
      pruning: this.#pruning,
      waivers: this.#waivers,
      recoveries: this.#recoveries,
      entries: this.#entries,
      times: this.#times
    }
  }

  #apply(change: LogChange, by: string): void {
    if ((change.change === 'vault') !== (this.#number === 1 && !this.#vault)) {
      this.#refuse('the vault is described first in the first entry, and only there')
    }
    switch (change.change) {
      case 'vault':
        this.#vault = { region: change.region, account: change.account }
        return
      case 'member':
        return this.#admit(change.name, change.public, change.role === 'admin')
      case 'role':
        return this.#setRole(change.member, change.role === 'admin')
      case 'remove':
        return this.#remove(change.member)
      case 'key':
        return this.#addKey(change.key, change.names)
      case 'names':
        return this.#giveNames(change.key, change.names)
      case 'generation':
        return this.#addGeneration(change.key, change.generation, change.public)
      case 'grant':
        return this.#grant(change.member, change.key, change.rights)
      case 'revoke':
        return this.#revoke(change.member, change.key, change.rights)
      case 'waiver': {
        const { secret, version, until, reason } = change
        this.#waivers.push({ secret, version, until, reason, by, since: this.#number })
        return
      }
      case 'recovery':
        return this.#addRecovery(change)
      case 'drill':
        return this.#addDrill(change)
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
    if (this.#names.has(name)) this.#refuse(`there is, or was, a member ${name} already`)
    for (const key of [keys.keyId, encode(keys.signKey), encode(keys.boxKey)]) {
      const owner = this.#publicKeys.get(key)
      if (owner !== undefined) this.#refuse(`${name} has a key of ${owner}'s`)
      this.#publicKeys.set(key, name)
    }
    this.#names.set(name, keys.keyId)
    const since = this.#number
    const role = admin ? { adminSince: since } : {}
    this.#members.set(keys.keyId, { ...keys, name, since, ...role, rights: new Map(), tenures: [] })
  }

  #setRole(name: string, admin: boolean): void {
    const member = this.#present(name)
    if ((member.adminSince !== undefined) === admin)
      this.#refuse(`${name} is ${admin ? 'an admin already' : 'no admin'}`)
    if (admin) member.adminSince = this.#number
    else delete member.adminSince
  }

  #remove(name: string): void {
    const member = this.#present(name)
    for (const [alias, rights] of member.rights) this.#take(member, alias, [...rights.keys()])
    delete member.adminSince
    member.removed = this.#number
  }

  #addKey(alias: string, names: readonly string[]): void {
    if (this.#keys.has(alias)) this.#refuse(`there is a key ${alias} already`)
    this.#keys.set(alias, { alias, names: [], generations: [] })
    this.#giveNames(alias, names)
  }

  #giveNames(alias: string, names: readonly string[]): void {
    const key = this.#keys.get(alias) ?? this.#refuse(`names for an unknown key ${alias}`)
    for (const other of this.#keys.values())
      other.names.splice(0, Infinity, ...other.names.filter(name => !names.includes(name)))
    key.names.push(...new Set(names))
    this.#bind(alias, names)
  }

  #bind(key: string, names: readonly string[]): void {
    this.#bindings.push(...names.map(pattern => ({ pattern, key, since: this.#number })))
  }

  #addGeneration(alias: string, number: string, text: string): void {
    const key = this.#keys.get(alias)
    const publicKey = decode(text, 32)
    if (!key || !publicKey) return this.#refuse(`a generation of an unknown key ${alias}, or a damaged one`)
    if (number !== String(key.generations.length + 1))
      this.#refuse(`generation ${number} of ${alias} is out of turn`)
    const recipient = encode(shortHash(publicKey))
    for (const known of [recipient, encode(publicKey)]) {
      if (this.#publicKeys.has(known)) this.#refuse(`a public key of ${alias} stands twice`)
      this.#publicKeys.set(known, alias)
    }
    key.generations.push({ number, publicKey, recipient, since: this.#number })
    this.#outdated.delete(alias)
  }

  #grant(name: string, alias: string, rights: readonly Right[]): void {
    const member = this.#present(name)
    if (!this.#keys.has(alias)) this.#refuse(`a grant on an unknown key ${alias}`)
    const granted = member.rights.get(alias) ?? new Map<Right, number>()
    for (const right of rights) {
      if (granted.has(right)) continue
      granted.set(right, this.#number)
      member.tenures.push({ key: alias, right, from: this.#number })
    }
    member.rights.set(alias, granted)
  }

  #revoke(name: string, alias: string, rights: readonly Right[]): void {
    const member = this.#present(name)
    const missing = rights.find(right => !member.rights.get(alias)?.has(right))
    if (missing !== undefined) this.#refuse(`${name} has no ${missing} on ${alias} to lose`)
    this.#take(member, alias, rights)
  }

  #take(member: Folding, alias: string, rights: readonly Right[]): void {
    for (const right of rights) {
      member.rights.get(alias)?.delete(right)
      const at = member.tenures.findLastIndex(tenure => tenure.key === alias && tenure.right === right)
      const tenure = member.tenures[at]
      if (tenure) member.tenures[at] = { ...tenure, until: this.#number }
      if (right === 'decrypt') this.#outdated.add(alias)
    }
  }

  #addRecovery({
    member: name,
    threshold: needed,
    shares
  }: Extract<LogChange, { change: 'recovery' }>): void {
    const member = this.#present(name).keyId
    const threshold = Number(needed)
    if (this.#recoveries.has(member)) this.#refuse(`${name} is split already`)
    if (threshold < SHARES.least || threshold > shares.length || shares.length > SHARES.most)
      this.#refuse(`${needed} of ${shares.length} shares`)
    const known = shares.map(({ holder, public: text }) => {
      const publicKey = decode(text, 32)
      return publicKey
        ? { holder, publicKey }
        : this.#refuse(`the public key of a share of ${name} is damaged`)
    })
    this.#recoveries.set(member, { member, threshold, shares: known, since: this.#number, drills: [] })
  }

  #addDrill({ member: name, head, signatures }: Extract<LogChange, { change: 'drill' }>): void {
    const { keyId } = this.#present(name)
    const recovery = this.#recoveries.get(keyId) ?? this.#refuse(`${name} is not split`)
    if (!canBeDrilled(head, recovery, this.#entries))
      this.#refuse('a drill on an entry that is not in the log, or from before the last drill')
    const shares = signatures.map(({ share, signature }) => {
      const answer = { share: Number(share), head, signature }
      if (!isAnswered(answer, recovery, this.#entries[0] ?? '')) this.#refuse(`share ${share} has not signed`)
      return answer.share
    })
    if (new Set(shares).size < shares.length) this.#refuse('a share stands twice')
    const drills = [...recovery.drills, { entry: this.#number, shares }]
    this.#recoveries.set(keyId, { ...recovery, drills })
  }

  #present(name: string): Folding {
    const member = this.#members.get(this.#names.get(name) ?? '')
    return member && member.removed === undefined ? member : this.#refuse(`there is no member ${name}`)
  }

  #refuse(why: string): never {
    throw new VaultError('DocumentRefused', `${this.#path}: access log entry ${this.#number}: ${why}`)
  }
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
