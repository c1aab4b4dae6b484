import {
  expectAdmin,
  memberNamed,
  readableKeys,
  recoveryOf,
  SHORT_NAME,
  type Access,
  type Key,
  type Member,
  type Rights
} from '../../core/access/access.js'
import { RIGHTS } from '../../core/access/rights.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { usage, type VaultError } from '../../core/errors.js'
import { hasWeakKey, parsePublic, WEAK_KEY, type PublicIdentity } from '../../core/crypto/identity.js'
import { formatInvitation } from '../../core/access/invitation.js'
import type { Draft } from '../draft.js'
import { newGeneration, putGeneration, sealFor } from './generations.js'
import { moveSecrets } from './rekey.js'
import { requestFile } from './memberRequest.js'
import type { Skipped } from './skipped.js'
import { reSignAll, type Progress } from './reSign.js'
import type { Vault } from '../vault.js'

export interface Admitted {
  readonly name: string
  /** For the new member. Must be sent by another channel than the repository. */
  readonly invitation: string
}

/**
 * Adds a member: an entry of the access log, and the private keys of all generations that they may decrypt, sealed for
 * them. Throws `Usage` for an invalid name or public string, and AccessDeniedException if the writer is not an admin.
 */
export async function addMember(
  vault: Vault,
  { name, publicKey, admin, rights }: { name: string; publicKey: string; admin: boolean; rights: Rights }
): Promise<Admitted> {
  return vault.write('AddMember', async draft => {
    if (!SHORT_NAME.test(name))
      throw usage(
        `a member's name is 1 to 63 lowercase letters, digits and . _ -, not ${JSON.stringify(name)}`
      )
    const keys = parsePublic(publicKey)
    if (!keys && hasWeakKey(publicKey))
      throw usage(
        `the public string of ${JSON.stringify(name)} has ${WEAK_KEY}`,
        'make a new identity with: git-vault identity new'
      )
    if (!keys) throw usage('that is not a valid gvpub1_… string')
    refuseTaken(draft.access, name, keys)
    await draft.amend([
      { change: 'member', name, public: publicKey, role: admin ? 'admin' : 'member' },
      ...grants(draft, name, rights)
    ])
    await sealFor(draft, rights)
    const request = requestFile(name)
    // outside the vault's folder, and not there if the request came in another way
    if (await draft.view.tree.read(request, 1 << 20)) draft.placeFiles(new Map([[request, null]]), [])
    describe(draft, name, rights)
    const { vaultId, entries } = draft.access
    return {
      name,
      invitation: formatInvitation({ root: vaultId, entry: entries.length, head: entries.at(-1) ?? '' })
    }
  })
}

/** Grants a member rights on keys. */
export async function grant(vault: Vault, name: string, rights: Rights): Promise<void> {
  await vault.write('GrantRights', async draft => {
    presentMember(draft, name)
    const [first, ...others] = grants(draft, name, rights)
    if (!first) throw usage('no right was named')
    await draft.amend([first, ...others])
    await sealFor(draft, rights)
    describe(draft, name, rights)
  })
}

/** Makes a member an admin, or an admin a plain member. Returns the documents that were skipped while re-signing. */
export async function setRole(
  vault: Vault,
  name: string,
  role: 'admin' | 'member',
  progress: Progress
): Promise<Skipped[]> {
  return vault.write('SetRole', async draft => {
    const member = presentMember(draft, name)
    if ((member.adminSince !== undefined) === (role === 'admin'))
      throw usage(`${name} is ${role === 'admin' ? 'already' : 'not'} an admin`)
    if (role === 'member') requireOtherAdmin(draft.access, member, draft.member)
    await draft.amend([{ change: 'role', member: name, role }])
    describe(draft, name, new Map())
    return role === 'admin' ? [] : reSignAll(vault, draft, progress)
  })
}

/** The effects of a revocation or a removal. */
export interface AccessLoss {
  /** Keys that have a new generation. */
  readonly keys: string[]
  /** Documents that were not re-signed, because they had already failed verification. */
  readonly skipped: Skipped[]
}

/** Revokes rights on keys. If the member can no longer decrypt, the key gets a new generation. */
export async function revoke(
  vault: Vault,
  name: string,
  rights: Rights,
  progress: Progress
): Promise<AccessLoss> {
  return vault.write('RevokeRights', async draft => {
    const member = presentMember(draft, name)
    const changes: LogChange[] = []
    for (const [key, list] of rights) {
      const missing = list.find(right => !member.rights.get(key)?.has(right))
      if (missing !== undefined) throw usage(`${name} does not have ${missing} on ${key}`)
      changes.push({ change: 'revoke', member: name, key, rights: [...list] })
    }
    const keys = [...rights].flatMap(([key, list]) => (list.includes('decrypt') ? [key] : []))
    return removeAccess(vault, draft, { name, changes, keys, rights }, progress)
  })
}

/** Removes a member for good. Each key that they could decrypt under gets a new generation. */
export async function removeMember(vault: Vault, name: string, progress: Progress): Promise<AccessLoss> {
  return vault.write('RemoveMember', async draft => {
    const member = presentMember(draft, name)
    if (member.adminSince !== undefined) requireOtherAdmin(draft.access, member, draft.member)
    const keys = readableKeys(member)
    return removeAccess(vault, draft, { name, changes: [{ change: 'remove', member: name }], keys }, progress)
  })
}

/**
 * Throws what `revoke` or `removeMember` would, as far as that is known before the user is asked to confirm.
 * @param rights the rights to revoke; `undefined` for a removal
 */
export async function checkAccessLoss(vault: Vault, name: string, rights?: Rights): Promise<void> {
  const { access, admin } = await ownAdmin(vault)
  const member = memberNamed(access, name)
  if (!rights && member?.adminSince !== undefined) requireOtherAdmin(access, member, admin)
}

/** Returns this identity's member. Throws AccessDeniedException unless it is an admin. */
export async function ownAdmin(vault: Vault): Promise<{ access: Access; admin: Member }> {
  const { access } = await vault.read()
  const { public: mine } = await vault.identity()
  return { access, admin: expectAdmin(access.members.get(mine.keyId)) }
}

async function removeAccess(
  vault: Vault,
  draft: Draft,
  { name, changes, keys, rights }: { name: string; changes: LogChange[]; keys: string[]; rights?: Rights },
  progress: Progress
): Promise<AccessLoss> {
  const generations = keys.map(alias => newGeneration(draft, alias))
  const [first, ...others] = [...changes, ...generations.map(({ change }) => change)]
  if (!first) throw usage('no right was named')
  await draft.amend([first, ...others])
  for (const generation of generations) putGeneration(draft, generation)
  describe(draft, name, rights ?? new Map())
  return { keys, skipped: await reSignAll(vault, draft, progress) }
}

/**
 * Creates a key for name patterns and moves the matching secrets to it. The writer and the recovery identity get all
 * rights on it. Returns the secrets that were skipped because they failed verification.
 */
export async function addKey(
  vault: Vault,
  alias: string,
  names: readonly [string, ...string[]],
  progress: Progress
): Promise<Skipped[]> {
  return vault.write('CreateKey', async draft => {
    if (!SHORT_NAME.test(alias))
      throw usage(
        `a key's alias is 1 to 63 lowercase letters, digits and . _ -, not ${JSON.stringify(alias)}`
      )
    if (draft.access.keys.has(alias)) throw usage(`a key ${JSON.stringify(alias)} already exists`)
    names.forEach(checkPattern)
    const generation = newGeneration(draft, alias)
    const found = recoveryOf(draft.access)?.member
    const recovery = found?.keyId === draft.member.keyId ? undefined : found
    await draft.amend([
      { change: 'key', key: alias, names: [...names] },
      generation.change,
      ...[draft.member, ...(recovery ? [recovery] : [])].map(({ name }): LogChange => ({
        change: 'grant',
        member: name,
        key: alias,
        rights: [...RIGHTS]
      }))
    ])
    putGeneration(draft, generation)
    draft.describe(alias, [])
    return moveSecrets(vault, draft, progress)
  })
}

/** Binds name patterns to a key, instead of the key that had them, and moves the matching secrets to it. */
export async function bindNames(
  vault: Vault,
  alias: string,
  names: readonly [string, ...string[]],
  progress: Progress
): Promise<Skipped[]> {
  return vault.write('BindNames', async draft => {
    presentKey(draft, alias)
    names.forEach(checkPattern)
    await draft.amend([{ change: 'names', key: alias, names: [...names] }])
    draft.describe(alias, [])
    return moveSecrets(vault, draft, progress)
  })
}

/** Returns the changes to the access log that grant a member rights. Throws `Usage` for a key that does not exist. */
export function grants(draft: Draft, name: string, rights: Rights): LogChange[] {
  return [...rights].map(([key, list]) => {
    presentKey(draft, key)
    return { change: 'grant', member: name, key, rights: [...list] }
  })
}

function describe(draft: Draft, name: string, rights: Rights): void {
  draft.describe(
    name,
    [...rights].map(([key, list]) => ['Key-Rights', `${key} ${list.join(' ')}`] as const)
  )
}

function presentMember(draft: Draft, name: string): Member {
  return memberNamed(draft.access, name) ?? fail(usage(`there is no member ${JSON.stringify(name)}`))
}

function presentKey(draft: Draft, alias: string): Key {
  return draft.access.keys.get(alias) ?? fail(usage(`there is no key ${JSON.stringify(alias)}`))
}

function refuseTaken(access: Access, name: string, keys: PublicIdentity): void {
  for (const member of access.members.values()) {
    if (member.name === name)
      throw usage(
        member.removed === undefined
          ? `${JSON.stringify(name)} is already a member: choose another name`
          : `${JSON.stringify(name)} was a member, and names are never reused: choose another name`
      )
    if (member.keyId === keys.keyId)
      throw usage(
        member.removed === undefined
          ? `that is ${member.name}'s public string`
          : `that was ${member.name}'s public string: a removed member needs a new identity`
      )
  }
}

/** A vault must keep an admin, and the log refuses an entry whose writer is not an admin after it. */
function requireOtherAdmin(access: Access, member: Member, by: Member): void {
  const others = [...access.members.values()].some(
    other => other.adminSince !== undefined && other.keyId !== member.keyId
  )
  if (!others) throw usage(`${member.name} is the vault's last admin`)
  if (member.keyId === by.keyId) throw usage('you cannot do this to yourself: ask another admin')
}

function checkPattern(pattern: string): void {
  if (/^[A-Za-z0-9/_+=.@!-]{0,512}(\*\*)?$/.test(pattern) && pattern !== '') return
  throw usage(`${JSON.stringify(pattern)} is not a pattern: give a secret's name, or a prefix followed by **`)
}

function fail(error: VaultError): never {
  throw error
}
