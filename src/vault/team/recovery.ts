import { RIGHTS } from '../../core/access/rights.js'
import { readableKeys, recoveryOf, type Access, type Rights } from '../../core/access/access.js'
import { encode } from '../../core/encoding.js'
import { usage } from '../../core/errors.js'
import { parsePublic } from '../../core/crypto/identity.js'
import { canBeDrilled, isAnswered, parseDrillAnswer, type Recovery } from '../../core/access/recovery.js'
import { newGeneration, putGeneration, sealFor } from './generations.js'
import type { Skipped } from './skipped.js'
import { reSignAll, type Progress } from './reSign.js'
import { grants, ownAdmin } from './team.js'
import type { Vault } from '../vault.js'

export interface NewRecovery {
  readonly name: string
  readonly publicKey: string
  readonly threshold: number
  readonly shares: readonly { readonly holder: string; readonly publicKey: Uint8Array }[]
}

/**
 * Adds a recovery identity: an admin who may decrypt under each key that the writer may. The commit also removes the
 * recovery identity that it replaces, and gives each key that it could decrypt under a new generation. A recovery identity
 * that writes its own replacement is not removed, because nobody may remove themselves. Returns the name of the removed
 * one, and the documents that were skipped when the rest was signed again.
 */
export async function addRecovery(
  vault: Vault,
  { name, publicKey, threshold, shares }: NewRecovery,
  progress: Progress
): Promise<{ readonly replaced?: string; readonly skipped: readonly Skipped[] }> {
  return vault.write('CreateRecovery', async draft => {
    if (!parsePublic(publicKey)) throw usage('the public string is damaged')
    refuseTaken(draft.access, name)
    const found = recoveryOf(draft.access)
    const before = found?.member.keyId === draft.member.keyId ? undefined : found
    const rights: Rights = new Map(readableKeys(draft.member).map(key => [key, RIGHTS]))
    const replacedKeys = before ? readableKeys(before.member) : []
    const unreadable = replacedKeys.filter(key => !rights.has(key))
    if (unreadable.length > 0)
      throw usage(
        `${before?.member.name} can decrypt under ${unreadable.join(', ')}, but you cannot`,
        'ask an admin who can to run: git-vault recovery new'
      )
    const generations = replacedKeys.map(key => newGeneration(draft, key))
    const [first, ...others] = shares.map(share => ({
      holder: share.holder,
      public: encode(share.publicKey)
    }))
    if (!first) throw usage('a recovery identity needs at least one share')
    await draft.amend([
      { change: 'member', name, public: publicKey, role: 'admin' },
      ...grants(draft, name, rights),
      {
        change: 'recovery',
        member: name,
        threshold: String(threshold),
        shares: [first, ...others]
      },
      ...(before ? [{ change: 'remove', member: before.member.name } as const] : []),
      ...generations.map(({ change }) => change)
    ])
    await sealFor(draft, rights)
    for (const generation of generations) putGeneration(draft, generation)
    draft.describe(name, [])
    if (!before) return { skipped: [] }
    return { replaced: before.member.name, skipped: await reSignAll(vault, draft, progress) }
  })
}

/** The vault's recovery identity. */
export interface PresentRecovery {
  readonly name: string
  readonly publicKey: string
  readonly recovery: Recovery
  readonly vaultId: string
  /** Hash of the log's last entry. */
  readonly head: string
  readonly lastDrill?: Date
}

/** Returns the recovery identity. Throws `Usage` if there is none. */
export async function presentRecovery(vault: Vault): Promise<PresentRecovery> {
  const found = await findRecovery(vault)
  if (!found) throw usage('this vault has no recovery identity', 'create one: git-vault recovery new')
  return found
}

/** Returns the recovery identity, or `undefined` if there is none. */
export async function findRecovery(vault: Vault): Promise<PresentRecovery | undefined> {
  const { access } = await vault.read()
  const found = recoveryOf(access)
  if (!found) return undefined
  const { member, recovery } = found
  const last = recovery.drills.at(-1)
  return {
    name: member.name,
    publicKey: member.text,
    recovery,
    vaultId: access.vaultId,
    head: access.entries.at(-1) ?? '',
    ...(last ? { lastDrill: new Date(access.times[last.entry - 1] ?? 0) } : {})
  }
}

/** Returns the keys of which the recovery identity cannot open every generation. */
export async function unreadableKeys(vault: Vault): Promise<string[]> {
  const view = await vault.read()
  const { member } = recoveryOf(view.access) ?? {}
  const unreadable = new Set<string>()
  for (const { alias, generations } of member ? view.access.keys.values() : []) {
    if (!member?.rights.get(alias)?.has('decrypt')) unreadable.add(alias)
    for (const generation of generations) {
      const { sealed } = await view.keyDocument(alias, generation)
      if (!Object.hasOwn(sealed, member?.keyId ?? '')) unreadable.add(alias)
    }
  }
  return [...unreadable]
}

/** Throws what `addRecovery` would, as far as that is known before the shares are handed out. */
export async function checkNewRecovery(vault: Vault, name: string): Promise<void> {
  const { access } = await ownAdmin(vault)
  refuseTaken(access, name)
}

function refuseTaken(access: Access, name: string): void {
  if ([...access.members.values()].some(member => member.name === name))
    throw usage(
      `${JSON.stringify(name)} is or was a member: names are never reused`,
      'give the recovery identity another name with --name'
    )
}

/** Returns an unused name for the next recovery identity. Names are never reused. */
export async function nextName(vault: Vault): Promise<string> {
  const { access } = await vault.read()
  const taken = new Set([...access.members.values()].map(({ name }) => name))
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'recovery' : `recovery-${number}`
    if (!taken.has(name)) return name
  }
}

const ANSWER_AGAIN = 'ask all holders to run again: git-vault recovery sign'

/** Records which holders proved that they have their shares. Returns their names. Throws `Usage` for a wrong answer. */
export async function recordDrill(vault: Vault, answers: readonly string[]): Promise<string[]> {
  return vault.write('RecordDrill', async draft => {
    const found = recoveryOf(draft.access)
    if (!found) throw usage('this vault has no recovery identity')
    const parsed = answers.map((text, at) => {
      const answer = parseDrillAnswer(text)
      if (!answer) throw usage(`answer ${at + 1} is not a valid gvdrill1_… string`)
      if (!isAnswered(answer, found.recovery, draft.access.vaultId))
        throw usage(`answer ${at + 1} is not signed by share ${answer.share} of ${found.member.name}`)
      return answer
    })
    const [first] = parsed
    if (!first) throw usage('a drill needs at least one answer')
    if (parsed.some(({ head }) => head !== first.head))
      throw usage('the answers are for different entries of the access log', ANSWER_AGAIN)
    const signatures = parsed.map(({ share, signature }) => ({ share: String(share), signature }))
    const [one, ...others] = signatures
    if (new Set(signatures.map(({ share }) => share)).size < signatures.length)
      throw usage('two answers are from the same share')
    if (!canBeDrilled(first.head, found.recovery, draft.access.entries))
      throw usage('the answers are from before the last drill, or for another vault', ANSWER_AGAIN)
    const member = found.member.name
    await draft.amend([{ change: 'drill', member, head: first.head, signatures: [one!, ...others] }])
    draft.describe(member, [])
    return parsed.map(({ share }) => found.recovery.shares[share - 1]?.holder ?? '')
  })
}
