import { isMember, type Access, type Member, type Right } from './access.js'

/** How many admins a hint names. */
const MOST_NAMES = 3

/**
 * The hint for somebody who lacks all of `rights` on a key: who can help, and the command to run. Only an admin who can
 * decrypt under a key can let somebody else do so.
 * @param keyId of the identity in use, which need not be a member's
 * @param rights of which one is enough; the hint names the first
 * @param also further rights that are needed as well
 */
export function grantHint(
  access: Access,
  keyId: string,
  alias: string,
  rights: readonly Right[],
  also: readonly Right[] = []
): string {
  const [right = 'decrypt'] = rights
  const admins = [...access.members.values()].filter(
    ({ keyId: own, removed, adminSince }) =>
      removed === undefined && adminSince !== undefined && !access.recoveries.has(own)
  )
  const able = right === 'decrypt' ? admins.filter(({ rights: held }) => held.get(alias)?.has(right)) : admins
  const member = access.members.get(keyId)
  const others = (able.length > 0 ? able : admins).filter(admin => admin !== member)
  if (member && !isMember(access, keyId))
    return `ask an admin${named(admins)} to add you under another name, with a new identity: git-vault identity new`
  if (!member)
    return `ask an admin${named(admins)} to add you: git-vault member request prints what they need`
  const command = `git-vault member grant ${member.name} --key ${alias} --allow ${[right, ...also].join(',')}`
  return member.adminSince !== undefined && able.includes(member)
    ? `grant yourself the right: ${command}`
    : `ask an admin${named(others)} to run: ${command}`
}

/** ` (ana, bob or 3 others)`; nothing if there is nobody. */
function named(members: readonly Member[]): string {
  const names = members.map(({ name }) => name).sort()
  if (names.length === 0) return ''
  if (names.length <= MOST_NAMES) return ` (${names.join(' or ')})`
  const others = names.length - MOST_NAMES
  return ` (${names.slice(0, MOST_NAMES).join(', ')} or ${others} ${others === 1 ? 'other' : 'others'})`
}
