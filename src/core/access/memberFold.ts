import type { Period, Right, Tenure } from './access.js'
import type { FoldContext } from './foldContext.js'
import { encode } from '../encoding.js'
import { LOG_LIMITS } from '../format/limits.js'
import { hasWeakKey, parsePublic, WEAK_KEY, type PublicIdentity } from '../crypto/identity.js'

/** A `Member` that later entries may still change. */
interface MutableMember extends PublicIdentity {
  readonly name: string
  readonly since: number
  adminSince?: number
  removed?: number
  readonly rights: Map<string, Map<Right, number>>
  readonly tenures: Tenure[]
  readonly adminTenures: Period[]
  /** Where in `tenures` those are that last, by key alias and right. */
  readonly open: Map<string, number>
}

/** The members and their rights while the access log is folded. Each method throws `DocumentRefused`. */
export class MemberFold {
  readonly members: Map<string, MutableMember>
  readonly #keyIds: Map<string, string>
  readonly #context: FoldContext

  /** @param from the members to go on from, which are not changed */
  constructor(context: FoldContext, from?: MemberFold) {
    this.#context = context
    this.members = new Map([...(from?.members ?? [])].map(([keyId, member]) => [keyId, copyOf(member)]))
    this.#keyIds = new Map(from ? from.#keyIds : [])
  }

  /** The admin with that key id, or `undefined`. */
  admin(keyId: string): MutableMember | undefined {
    const member = this.members.get(keyId)
    return member?.adminSince === undefined ? undefined : member
  }

  /** The member of that name. Refuses a name that is unknown, or of a removed member. */
  present(name: string): MutableMember {
    const member = this.members.get(this.#keyIds.get(name) ?? '')
    return member && member.removed === undefined
      ? member
      : this.#context.refuse(`there is no member "${name}"`)
  }

  admit(name: string, text: string, isAdmin: boolean): void {
    const { entry, keyOwners } = this.#context
    const keys = parsePublic(text)
    if (!keys) {
      const fault = hasWeakKey(text) ? `has ${WEAK_KEY}` : 'is damaged'
      return this.#context.refuse(`the public string of "${name}" ${fault}`)
    }
    if (this.#keyIds.has(name)) this.#context.refuse(`a member or former member is already named "${name}"`)
    for (const key of [keys.keyId, encode(keys.signKey), encode(keys.boxKey)]) {
      const owner = keyOwners.get(key)
      if (owner !== undefined) this.#context.refuse(`"${name}" has a public key that belongs to "${owner}"`)
      keyOwners.set(key, name)
    }
    this.#keyIds.set(name, keys.keyId)
    const role = isAdmin ? { adminSince: entry } : {}
    const adminTenures = isAdmin ? [{ from: entry }] : []
    const none = { rights: new Map(), tenures: [], open: new Map() }
    this.members.set(keys.keyId, { ...keys, name, since: entry, ...role, ...none, adminTenures })
    if (this.members.size > LOG_LIMITS.members)
      this.#context.refuse(`the log has more than ${LOG_LIMITS.members} members, former ones included`)
  }

  setRole(name: string, isAdmin: boolean): void {
    const member = this.present(name)
    if ((member.adminSince !== undefined) === isAdmin)
      this.#context.refuse(`"${name}" is ${isAdmin ? 'already' : 'not'} an admin`)
    if (isAdmin) {
      member.adminSince = this.#context.entry
      member.adminTenures.push({ from: this.#context.entry })
    } else this.#endAdmin(member)
  }

  remove(name: string): void {
    const member = this.present(name)
    for (const [alias, rights] of member.rights) this.#endTenures(member, alias, [...rights.keys()])
    this.#endAdmin(member)
    member.removed = this.#context.entry
  }

  /** Adds rights. A right that the member already holds keeps its tenure. */
  grant(member: MutableMember, alias: string, rights: readonly Right[]): void {
    const { entry } = this.#context
    const granted = member.rights.get(alias) ?? new Map<Right, number>()
    for (const right of rights) {
      if (granted.has(right)) continue
      granted.set(right, entry)
      member.open.set(`${alias} ${right}`, member.tenures.length)
      member.tenures.push({ key: alias, right, from: entry })
    }
    member.rights.set(alias, granted)
  }

  revoke(name: string, alias: string, rights: readonly Right[]): void {
    const member = this.present(name)
    const missing = rights.find(right => !member.rights.get(alias)?.has(right))
    if (missing !== undefined) this.#context.refuse(`"${name}" does not hold ${missing} on key "${alias}"`)
    this.#endTenures(member, alias, rights)
  }

  #endAdmin(member: MutableMember): void {
    const last = member.adminTenures.at(-1)
    if (member.adminSince === undefined || !last) return
    member.adminTenures.splice(-1, 1, { ...last, until: this.#context.entry })
    delete member.adminSince
  }

  #endTenures(member: MutableMember, alias: string, rights: readonly Right[]): void {
    for (const right of rights) {
      member.rights.get(alias)?.delete(right)
      const at = member.open.get(`${alias} ${right}`) ?? -1
      const tenure = member.tenures[at]
      if (tenure) member.tenures[at] = { ...tenure, until: this.#context.entry }
      member.open.delete(`${alias} ${right}`)
      if (right === 'decrypt') this.#context.outdatedKeys.add(alias)
    }
  }
}

function copyOf(member: MutableMember): MutableMember {
  return {
    ...member,
    rights: new Map([...member.rights].map(([alias, rights]) => [alias, new Map(rights)])),
    tenures: [...member.tenures],
    adminTenures: [...member.adminTenures],
    open: new Map(member.open)
  }
}
