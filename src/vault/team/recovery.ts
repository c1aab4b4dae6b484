import { readableKeys, recoveryOf, type Access, type Rights } from '../../core/access/access.js'
import { encode } from '../../core/encoding.js'
import { usage } from '../../core/errors.js'
import { parsePublic } from '../../core/crypto/identity.js'
import { canBeDrilled, isAnswered, parseDrillAnswer, type Recovery } from '../../core/access/recovery.js'
import { drawGeneration, putGeneration, sealFor } from './generations.js'
import type { Skipped } from './skipped.js'
import { resignAll, type Progress } from './resign.js'
import { grants, ownAdmin } from './team.js'
import type { Vault } from '../vault.js'

export interface NewRecovery {
  readonly name: string
  readonly publicKey: string
  readonly threshold: number
  readonly shares: readonly { readonly holder: string; readonly publicKey: Uint8Array }[]
}

/**
 * Admits a recovery identity: an admin who may decrypt under each key that whoever makes it may. One that is there already
 * is removed in the same commit, and each key that it could decrypt under has a new generation; only not where it makes
 * the new one itself, for nobody signs their own end. Gives the name of the one that is removed, and what had not counted.
 */
export async function addRecovery(
  vault: Vault,
  { name, publicKey, threshold, shares }: NewRecovery,
  progress: Progress
): Promise<{ readonly replaced?: string; readonly left: readonly Skipped[] }> {
  return vault.write('CreateRecovery', async draft => {
    if (!parsePublic(publicKey)) throw usage('the public string is damaged')
    refuseTaken(draft.access, name)
    const found = recoveryOf(draft.access)
    const before = found?.member.keyId === draft.member.keyId ? undefined : found
    const rights: Rights = new Map(
      readableKeys(draft.member).map(key => [key, ['decrypt', 'encrypt', 'manage']])
    )
    const lost = before ? readableKeys(before.member) : []
    const closed = lost.filter(key => !rights.has(key))
    if (closed.length > 0)
      throw usage(
        `${before?.member.name} can decrypt under ${closed.join(', ')}, and you cannot: somebody who can has to make the new one`
      )
    const drawn = lost.map(key => drawGeneration(draft, key))
    const [first, ...others] = shares.map(share => ({
      holder: share.holder,
      public: encode(share.publicKey)
    }))
    if (!first) throw usage('a split has shares')
    draft.amend([
      { change: 'member', name, public: publicKey, role: 'admin' },
      ...grants(draft, name, rights),
      {
        change: 'recovery',
        member: name,
        threshold: String(threshold),
        shares: [first, ...others]
      },
      ...(before ? [{ change: 'remove', member: before.member.name } as const] : []),
      ...drawn.map(({ change }) => change)
    ])
    await sealFor(draft, rights)
    for (const generation of drawn) putGeneration(draft, generation)
    draft.describe(name, [])
    if (!before) return { left: [] }
    return { replaced: before.member.name, left: await resignAll(vault, draft, progress) }
  })
}

/** The recovery identity that there is, for who needs it. */
export interface PresentRecovery {
  readonly name: string
  readonly publicKey: string
  readonly recovery: Recovery
  readonly vaultId: string
  /** Hash of the log's last entry. */
  readonly head: string
  readonly lastDrill?: Date
}

/** Throws `Usage` where there is none. */
export async function presentRecovery(vault: Vault): Promise<PresentRecovery> {
  const found = await findRecovery(vault)
  if (!found) throw usage('this vault has no recovery identity', 'git-vault recovery new makes one')
  return found
}

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

/** The keys under which the recovery identity cannot open everything. */
export async function unreadableKeys(vault: Vault): Promise<string[]> {
  const view = await vault.read()
  const { member } = recoveryOf(view.access) ?? {}
  const closed = new Set<string>()
  for (const { alias, generations } of member ? view.access.keys.values() : []) {
    if (!member?.rights.get(alias)?.has('decrypt')) closed.add(alias)
    for (const generation of generations) {
      const { sealed } = await view.keyDocument(alias, generation)
      if (!Object.hasOwn(sealed, member?.keyId ?? '')) closed.add(alias)
    }
  }
  return [...closed]
}

/** Throws what `addRecovery` would, as far as that can be told beforehand. */
export async function checkNewRecovery(vault: Vault, name: string): Promise<void> {
  const { access } = await ownAdmin(vault)
  refuseTaken(access, name)
}

function refuseTaken(access: Access, name: string): void {
  if ([...access.members.values()].some(member => member.name === name))
    throw usage(`there is, or was, a member ${name}: give the recovery identity another name with --name`)
}

/** What the next recovery identity of the vault is called: names never come back. */
export async function nextName(vault: Vault): Promise<string> {
  const { access } = await vault.read()
  const taken = new Set([...access.members.values()].map(({ name }) => name))
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'recovery' : `recovery-${number}`
    if (!taken.has(name)) return name
  }
}

/** Records which holders have shown that they have their shares. Gives their names. */
export async function recordDrill(vault: Vault, answers: readonly string[]): Promise<string[]> {
  return vault.write('RecordDrill', async draft => {
    const found = recoveryOf(draft.access)
    if (!found) throw usage('this vault has no recovery identity')
    const parsed = answers.map((text, at) => {
      const answer = parseDrillAnswer(text)
      if (!answer) throw usage(`answer ${at + 1} is no gvdrill1_… string, or it is damaged`)
      if (!isAnswered(answer, found.recovery, draft.access.vaultId))
        throw usage(`answer ${at + 1} is not signed by share ${answer.share} of ${found.member.name}`)
      return answer
    })
    const [first] = parsed
    if (!first) throw usage('a drill needs the answers of holders')
    if (parsed.some(({ head }) => head !== first.head))
      throw usage('the answers are to different entries of the access log: have all holders answer anew')
    const signatures = parsed.map(({ share, signature }) => ({ share: String(share), signature }))
    const [one, ...others] = signatures
    if (new Set(signatures.map(({ share }) => share)).size < signatures.length)
      throw usage('a share answered twice')
    if (!canBeDrilled(first.head, found.recovery, draft.access.entries))
      throw usage(
        'the answers are from before the last drill, or to another vault: have all holders sign anew'
      )
    const member = found.member.name
    draft.amend([{ change: 'drill', member, head: first.head, signatures: [one!, ...others] }])
    draft.describe(member, [])
    return parsed.map(({ share }) => found.recovery.shares[share - 1]?.holder ?? '')
  })
}
