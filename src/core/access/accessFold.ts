import type { Access, Member, Waiver } from './access.js'
import { FoldContext, SIGNATURE_UNITS } from './foldContext.js'
import { KeyFold } from './keyFold.js'
import { MemberFold } from './memberFold.js'
import { decode } from '../encoding.js'
import { LOG_LIMITS } from '../format/limits.js'
import type { Entry } from '../generated/documents.js'
import { PRUNING } from '../versions/pruning.js'
import { canBeDrilled, isAnswered, type Recovery } from './recovery.js'
import { SHARES } from '../crypto/share.js'
import type { Steps } from '../turns.js'

export type LogChange = Entry['changes'][number]

type ChangeOf<Kind extends LogChange['change']> = Extract<LogChange, { change: Kind }>

/** Applies the changes of the access log, entry by entry (FORMAT.md, "The access log", 4). */
export class AccessFold {
  readonly #context: FoldContext
  readonly #members: MemberFold
  readonly #keys: KeyFold
  #vault: { region: string; account: string } | undefined
  #pruning = PRUNING
  readonly #waivers: Waiver[]
  #drillSignatures = 0
  readonly #recoveries = new Map<string, Recovery & { readonly drills: Recovery['drills'][number][] }>()

  /** @param from the state after the last entry of a log that this one extends, which is not changed */
  constructor(path: string, from?: AccessFold) {
    this.#context = new FoldContext(path, from && from.#context)
    this.#members = new MemberFold(this.#context, from && from.#members)
    this.#keys = new KeyFold(this.#context, from && from.#keys)
    this.#waivers = from ? [...from.#waivers] : []
    if (!from) return
    this.#vault = from.#vault
    this.#pruning = from.#pruning
    this.#drillSignatures = from.#drillSignatures
    for (const [member, recovery] of from.#recoveries)
      this.#recoveries.set(member, { ...recovery, drills: [...recovery.drills] })
  }

  /** The cost of a copy of this state, for `Steps`. */
  get copyUnits(): number {
    return Math.ceil((this.#context.keyOwners.size + this.#keys.bindings.length) / COPIES_A_UNIT)
  }

  /** State that is shared with the checks of an entry's link and signature. */
  get context(): FoldContext {
    return this.#context
  }

  /** The admin with that key id, or `undefined`. */
  admin(keyId: string): Member | undefined {
    return this.#members.admin(keyId)
  }

  /**
   * Applies the changes of an entry whose signature is known to be good. Throws `DocumentRefused`.
   * @param earlier hashes of the entries before it
   */
  *apply({ changes, by }: Entry, earlier: readonly string[]): Steps<void> {
    for (const change of changes) {
      yield unitsOf(change)
      this.#apply(change, by, earlier)
    }
    const [outdated] = this.#context.outdatedKeys
    if (outdated !== undefined)
      this.#context.refuse(
        `a member loses decrypt on key "${outdated}", and the entry adds no new generation of it`
      )
    // Documents that the signer re-signs with this entry would otherwise be refused. It also keeps at least
    // one admin.
    if (!this.#members.admin(by)) this.#context.refuse('after it, its signer is no longer an admin')
  }

  /** The whole log's meaning. Throws `DocumentRefused` if a key has no generation, or the log no entry. */
  result(entries: readonly string[], times: readonly string[]): Access {
    const [vaultId] = entries
    if (!this.#vault || vaultId === undefined) return this.#context.refuse('it describes no vault')
    const { bindings } = this.#keys
    const keys = this.#keys.result()
    return {
      vaultId,
      ...this.#vault,
      members: this.#members.members satisfies ReadonlyMap<string, Member>,
      keys,
      bindings,
      pruning: this.#pruning,
      waivers: this.#waivers,
      recoveries: this.#recoveries,
      entries,
      times
    }
  }

  #apply(change: LogChange, by: string, earlier: readonly string[]): void {
    if ((change.change === 'vault') !== (this.#context.entry === 1 && !this.#vault))
      this.#context.refuse('the first change of the first entry must describe the vault, and no other may')
    switch (change.change) {
      case 'vault':
        this.#vault = { region: change.region, account: change.account }
        return
      case 'member':
        return this.#members.admit(change.name, change.public, change.role === 'admin')
      case 'role':
        return this.#members.setRole(change.member, change.role === 'admin')
      case 'remove':
        return this.#members.remove(change.member)
      case 'key':
        return this.#keys.add(change.key, change.names)
      case 'names':
        return this.#keys.bind(change.key, change.names)
      case 'generation':
        return this.#keys.addGeneration(change.key, change.generation, change.public)
      case 'grant':
        return this.#grant(change)
      case 'revoke':
        return this.#members.revoke(change.member, change.key, change.rights)
      case 'waiver': {
        const { secret, version, until, reason } = change
        this.#waivers.push({ secret, version, until, reason, by, since: this.#context.entry })
        return
      }
      case 'recovery':
        return this.#addRecovery(change)
      case 'drill':
        return this.#addDrill(change, earlier)
      case 'pruning':
        return this.#setPruning(change)
    }
  }

  #grant({ member: name, key, rights }: ChangeOf<'grant'>): void {
    const member = this.#members.present(name)
    if (!this.#keys.has(key)) this.#context.refuse(`a grant on an unknown key: ${key}`)
    this.#members.grant(member, key, rights)
  }

  #addRecovery({ member: name, threshold: needed, shares }: ChangeOf<'recovery'>): void {
    const { entry } = this.#context
    const member = this.#members.present(name).keyId
    const threshold = Number(needed)
    if (this.#recoveries.has(member)) this.#context.refuse(`the identity of "${name}" is already split`)
    if (threshold < SHARES.least || threshold > shares.length || shares.length > SHARES.most)
      this.#context.refuse(`a split into ${shares.length} shares cannot have a threshold of ${needed}`)
    const known = shares.map(({ holder, public: text }) => {
      const publicKey = decode(text, 32)
      return publicKey
        ? { holder, publicKey }
        : this.#context.refuse(`the public key of a share of "${name}" is damaged`)
    })
    this.#recoveries.set(member, { member, threshold, shares: known, since: entry, drills: [] })
  }

  #addDrill({ member: name, head, signatures }: ChangeOf<'drill'>, earlier: readonly string[]): void {
    const { entry } = this.#context
    const { keyId } = this.#members.present(name)
    const recovery =
      this.#recoveries.get(keyId) ?? this.#context.refuse(`the identity of "${name}" is not split`)
    if (!canBeDrilled(head, recovery, earlier))
      this.#context.refuse(
        'the drill signs an entry that is not in the log, or one from before the last drill'
      )
    this.#drillSignatures += signatures.length
    if (this.#drillSignatures > LOG_LIMITS.drillSignatures)
      this.#context.refuse(`the log has more than ${LOG_LIMITS.drillSignatures} signatures of drills`)
    // Before any signature is verified: a share has one signature, and there are few shares.
    const shares = signatures.map(({ share }) => Number(share))
    if (new Set(shares).size < shares.length) this.#context.refuse('the drill lists a share twice')
    for (const { share, signature } of signatures) {
      const answer = { share: Number(share), head, signature }
      if (!isAnswered(answer, recovery, earlier[0] ?? ''))
        this.#context.refuse(`share ${share} has no valid signature`)
    }
    recovery.drills.push({ entry, shares })
  }

  #setPruning(change: ChangeOf<'pruning'>): void {
    const [keep, hours, quota] = [Number(change.keep), Number(change.minimumAgeHours), Number(change.quota)]
    if (quota < keep) this.#context.refuse('the quota is less than the number of versions to keep')
    this.#pruning = { keep, minimumAgeMs: hours * 60 * 60 * 1000, quota }
  }
}

/** Entries of a map that are copied in a unit. */
const COPIES_A_UNIT = 16

/** What a change costs, for `Steps`. */
function unitsOf(change: LogChange): number {
  if (change.change === 'drill') return 1 + SIGNATURE_UNITS * change.signatures.length
  if (change.change === 'key' || change.change === 'names') return 1 + change.names.length
  return change.change === 'member' ? 16 : 4
}
