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
import type { LogChange } from '../../core/access/accessLog.js'
import { usage, type VaultError } from '../../core/errors.js'
import { parsePublic, type PublicIdentity } from '../../core/crypto/identity.js'
import { formatInvitation } from '../../core/access/invitation.js'
import { labelledVersions } from '../../core/versions/stages.js'
import { formatTime } from '../../core/time.js'
import type { Draft } from '../draft.js'
import { drawGeneration, putGeneration, sealFor } from './generations.js'
import { moveSecrets } from './rekey.js'
import { requestFile } from './memberRequest.js'
import type { Skipped } from './skipped.js'
import { resignAll, type Progress } from './resign.js'
import type { Vault } from '../vault.js'

export interface Admitted {
  readonly name: string
  /** For the newcomer, over another way than the repository. */
  readonly invitation: string
}

/**
 * Admits a member: an entry of the access log, and the private keys of all generations that they may decrypt under,
 * sealed for them. Throws `Usage` for a name or string that cannot be, AccessDeniedException for who may not.
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
    if (!keys) throw usage('that is no gvpub1_… string, or it is damaged')
    refuseTaken(draft.access, name, keys)
    draft.amend([
      { change: 'member', name, public: publicKey, role: admin ? 'admin' : 'member' },
      ...grants(draft, name, rights)
    ])
    await sealFor(draft, rights)
    await draft.removeBeside(requestFile(name))
    describe(draft, name, rights)
    const { vaultId, entries } = draft.access
    return {
      name,
      invitation: formatInvitation({ root: vaultId, entry: entries.length, head: entries.at(-1) ?? '' })
    }
  })
}

/** Gives a member rights on keys. */
export async function grant(vault: Vault, name: string, rights: Rights): Promise<void> {
  await vault.write('GrantRights', async draft => {
    presentMember(draft, name)
    const [first, ...others] = grants(draft, name, rights)
    if (!first) throw usage('no right was named')
    draft.amend([first, ...others])
    await sealFor(draft, rights)
    describe(draft, name, rights)
  })
}

/** Makes a member an admin, or no admin any more. */
export async function setRole(
  vault: Vault,
  name: string,
  role: 'admin' | 'member',
  progress: Progress
): Promise<Skipped[]> {
  return vault.write('SetRole', async draft => {
    const member = presentMember(draft, name)
    if ((member.adminSince !== undefined) === (role === 'admin'))
      throw usage(`${name} is ${role === 'admin' ? 'an admin' : 'no admin'} already`)
    if (role === 'member') refuseEnd(draft.access, member, draft.member)
    draft.amend([{ change: 'role', member: name, role }])
    describe(draft, name, new Map())
    return role === 'admin' ? [] : resignAll(vault, draft, progress)
  })
}

export interface Lost {
  /** Keys that have a new generation. */
  readonly keys: string[]
  /** What the member had signed and is not signed anew, for it did not count before. */
  readonly left: Skipped[]
}

/** Takes rights on a key from a member. Who can decrypt under it no more makes a new generation of it. */
export async function revoke(vault: Vault, name: string, rights: Rights, progress: Progress): Promise<Lost> {
  return vault.write('RevokeRights', async draft => {
    const member = presentMember(draft, name)
    const changes: LogChange[] = []
    for (const [key, list] of rights) {
      const missing = list.find(right => !member.rights.get(key)?.has(right))
      if (missing !== undefined) throw usage(`${name} has no ${missing} on ${key}`)
      changes.push({ change: 'revoke', member: name, key, rights: [...list] })
    }
    const keys = [...rights].flatMap(([key, list]) => (list.includes('decrypt') ? [key] : []))
    return lose(vault, draft, { name, changes, keys, rights }, progress)
  })
}

/** Removes a member for good. */
export async function removeMember(vault: Vault, name: string, progress: Progress): Promise<Lost> {
  return vault.write('RemoveMember', async draft => {
    const member = presentMember(draft, name)
    if (member.adminSince !== undefined) refuseEnd(draft.access, member, draft.member)
    const keys = readableKeys(member)
    return lose(vault, draft, { name, changes: [{ change: 'remove', member: name }], keys }, progress)
  })
}

/** Throws what `revoke` or `removeMember` would, as far as that can be told before anybody is asked whether they mean it. */
export async function checkLosing(vault: Vault, name: string, rights?: Rights): Promise<void> {
  const { access, admin } = await ownAdmin(vault)
  const member = memberNamed(access, name)
  if (!rights && member?.adminSince !== undefined) refuseEnd(access, member, admin)
}

/** The admin that this identity is. Throws AccessDeniedException where it is none. */
export async function ownAdmin(vault: Vault): Promise<{ access: Access; admin: Member }> {
  const { access } = await vault.read()
  const { public: mine } = await vault.identity()
  return { access, admin: expectAdmin(access.members.get(mine.keyId)) }
}

async function lose(
  vault: Vault,
  draft: Draft,
  { name, changes, keys, rights }: { name: string; changes: LogChange[]; keys: string[]; rights?: Rights },
  progress: Progress
): Promise<Lost> {
  const drawn = keys.map(alias => drawGeneration(draft, alias))
  const [first, ...others] = [...changes, ...drawn.map(({ change }) => change)]
  if (!first) throw usage('no right was named')
  draft.amend([first, ...others])
  for (const generation of drawn) putGeneration(draft, generation)
  describe(draft, name, rights ?? new Map())
  const left = await resignAll(vault, draft, progress)
  return { keys, left }
}

/**
 * Makes a key for names, with all rights on it for whoever makes it and the recovery identity, and puts the secrets of
 * those names under it.
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
    if (draft.access.keys.has(alias)) throw usage(`there is a key ${alias} already`)
    names.forEach(checkPattern)
    const generation = drawGeneration(draft, alias)
    const found = recoveryOf(draft.access)?.member
    const recovery = found?.keyId === draft.member.keyId ? undefined : found
    draft.amend([
      { change: 'key', key: alias, names: [...names] },
      generation.change,
      ...[draft.member, ...(recovery ? [recovery] : [])].map(({ name }): LogChange => ({
        change: 'grant',
        member: name,
        key: alias,
        rights: ['decrypt', 'encrypt', 'manage']
      }))
    ])
    putGeneration(draft, generation)
    draft.describe(alias, [])
    return moveSecrets(vault, draft, progress)
  })
}

/** Gives a key names, taking them from whichever had them, and puts the secrets of those names under it. */
export async function bindNames(
  vault: Vault,
  alias: string,
  names: readonly [string, ...string[]],
  progress: Progress
): Promise<Skipped[]> {
  return vault.write('BindNames', async draft => {
    presentKey(draft, alias)
    names.forEach(checkPattern)
    draft.amend([{ change: 'names', key: alias, names: [...names] }])
    draft.describe(alias, [])
    return moveSecrets(vault, draft, progress)
  })
}

/** Says of each labelled version of a secret that it may stay until then, whoever could know its value. */
export async function waive(
  vault: Vault,
  secretId: string,
  { until, reason }: { until: Date; reason: string }
): Promise<string[]> {
  return vault.write('WaiveExposure', async draft => {
    if (until.getTime() <= draft.now) throw usage('a waiver ends in the future')
    if (reason === '' || [...reason].length > 512)
      throw usage('a waiver has a reason, of 512 characters at most')
    const { arn, name, stages } = await draft.secret(secretId)
    const versions = [...labelledVersions(stages.labels)]
    const [first, ...others] = versions.map((version): LogChange => {
      return { change: 'waiver', secret: arn, version, until: formatTime(until.getTime()), reason }
    })
    if (!first) throw usage(`${name} has no version with a label`)
    draft.amend([first, ...others])
    draft.describe(name, [['Secret-Arn', arn]])
    return versions
  })
}

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
    const gone = member.removed === undefined ? '' : ' once'
    if (member.name === name) throw usage(`there is${gone || ' already'} a member ${name}: take another name`)
    if (member.keyId === keys.keyId)
      throw usage(
        member.removed === undefined
          ? `that is ${member.name}'s public string`
          : `that was ${member.name}'s public string: whoever was removed comes back with a new identity`
      )
  }
}

/** The log would not take it from who is no admin after it, and a vault without an admin is nobody's. */
function refuseEnd(access: Access, member: Member, by: Member): void {
  const others = [...access.members.values()].some(
    other => other.adminSince !== undefined && other.keyId !== member.keyId
  )
  if (!others) throw usage(`${member.name} is the vault's last admin`)
  if (member.keyId === by.keyId) throw usage('another admin has to do that to you')
}

function checkPattern(pattern: string): void {
  if (/^[A-Za-z0-9/_+=.@!-]{0,512}(\*\*)?$/.test(pattern) && pattern !== '') return
  throw usage(`${JSON.stringify(pattern)} is neither a secret's name nor a beginning of names followed by **`)
}

function fail(error: VaultError): never {
  throw error
}
