import { readableKeys, readersOf, type Access, type Member } from '../../core/access/access.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { parsePublic } from '../../core/crypto/identity.js'

/** The access log around one entry that is made again. */
export interface Around {
  /** Before and after the entry, where it was made. */
  readonly before: Access
  readonly after: Access
  /** The state in which it is made again, after the entries before it. */
  readonly now: Access
  /** The trunk's entries since the fork. */
  readonly trunk: readonly LogChange[]
}

/** The new form of a change: none if the trunk has it already, or the reason why it cannot be made again. */
export type Again = readonly LogChange[] | { readonly refused: string }

/** The keys that must get a new generation because a member loses `decrypt` by the entry. */
export type Rotated = Set<string>

const DONE: Again = []
const refuse = (refused: string): Again => ({ refused })

/**
 * Returns what one change of an entry becomes if it is made again after the trunk's entries (FORMAT.md, "Access-log forks").
 * Refuses one that would mean something else there. Generations are left out: see `ReappliedKeys`. What the log's own rules
 * refuse, `appendEntry` finds.
 */
export function changeAgain(change: LogChange, around: Around, rotated: Rotated): Again {
  const { before, now, trunk } = around
  switch (change.change) {
    case 'vault':
    case 'generation':
      return DONE
    case 'member':
      return memberAgain(change, now)
    case 'role':
      return roleAgain(change, around)
    case 'remove': {
      const member = personIn(change.member, around)
      if (member?.removed !== undefined) return DONE
      for (const key of member ? readableKeys(member) : []) rotated.add(key)
      return [change]
    }
    case 'revoke':
      return revokeAgain(change, around, rotated)
    case 'grant':
      return grantAgain(change, around)
    case 'key':
      if (now.keys.has(change.key)) return refuse(`a key "${change.key}" was created there, too`)
      return movedPattern(change.names, change.key, around) ?? [change]
    case 'names':
      return namesAgain(change, around)
    case 'waiver':
      // it would cover those who have lost the right there, too
      return trunk.some(({ change: kind }) => kind === 'remove' || kind === 'revoke')
        ? refuse('somebody has lost a right there since, and the waiver would cover them as well')
        : [change]
    case 'recovery':
      return trunk.some(({ change: kind }) => kind === 'recovery')
        ? refuse('another recovery identity was created there')
        : [change]
    case 'drill':
      return [change]
    case 'pruning': {
      const isSame = (a: Access['pruning'], b: Access['pruning']) => JSON.stringify(a) === JSON.stringify(b)
      if (isSame(now.pruning, before.pruning)) return [change]
      return isSame(now.pruning, around.after.pruning) ? DONE : refuse('the pruning policy was changed there')
    }
  }
}

type ChangeOf<Kind extends LogChange['change']> = Extract<LogChange, { change: Kind }>

function memberAgain(change: ChangeOf<'member'>, now: Access): Again {
  const same = now.members.get(parsePublic(change.public)?.keyId ?? '')
  if (!same) {
    const taken = [...now.members.values()].some(({ name }) => name === change.name)
    return taken ? refuse(`the name "${change.name}" was given to another identity there`) : [change]
  }
  if (same.removed !== undefined) return refuse(`${same.name} was removed there`)
  if (same.name !== change.name) return refuse(`the same identity was added there as "${same.name}"`)
  return change.role === 'admin' && same.adminSince === undefined
    ? refuse(`${same.name} was added there, but not as an admin`)
    : DONE
}

function roleAgain(change: ChangeOf<'role'>, around: Around): Again {
  const member = personIn(change.member, around)
  const isAdmin = change.role === 'admin'
  if (member?.removed !== undefined) return isAdmin ? refuse(`${member.name} was removed there`) : DONE
  return member && (member.adminSince !== undefined) === isAdmin ? DONE : [change]
}

function revokeAgain(change: ChangeOf<'revoke'>, around: Around, rotated: Rotated): Again {
  const member = personIn(change.member, around)
  if (member?.removed !== undefined) return DONE
  const [first, ...others] = change.rights.filter(right => member?.rights.get(change.key)?.has(right))
  if (first === undefined) return DONE
  if (first === 'decrypt' || others.includes('decrypt')) rotated.add(change.key)
  return [{ ...change, rights: [first, ...others] }]
}

function grantAgain(change: ChangeOf<'grant'>, around: Around): Again {
  const { after, now } = around
  const member = personIn(change.member, around)
  if (member?.removed !== undefined) return refuse(`${member.name} was removed there`)
  const known = new Set(after.keys.get(change.key)?.names)
  const more = (now.keys.get(change.key)?.names ?? []).filter(name => !known.has(name))
  if (more.length > 0) return refuse(`key "${change.key}" covers more names there: ${more.join(', ')}`)
  const held = member?.rights.get(change.key)
  return change.rights.every(right => held?.has(right)) ? DONE : [change]
}

function namesAgain(change: ChangeOf<'names'>, around: Around): Again {
  const { after, now } = around
  const known = new Set(readersOf(after, change.key).map(({ keyId }) => keyId))
  const more = readersOf(now, change.key).filter(({ keyId }) => !known.has(keyId))
  if (more.length > 0)
    return refuse(`${more.map(({ name }) => name).join(', ')} may decrypt under key "${change.key}" there`)
  return movedPattern(change.names, change.key, around) ?? [change]
}

/** Refuses if a name pattern was given to another key than here since the fork. */
function movedPattern(
  patterns: readonly string[],
  alias: string,
  { before, now }: Around
): Again | undefined {
  for (const pattern of patterns) {
    const [was, is] = [ownerOf(pattern, before), ownerOf(pattern, now)]
    if (was !== is && is !== alias) return refuse(`"${pattern}" was given to key "${is}" there`)
  }
  return undefined
}

function ownerOf(pattern: string, { keys }: Access): string | undefined {
  for (const { alias, names } of keys.values()) if (names.includes(pattern)) return alias
  return undefined
}

/** Returns the member in `now` whom a name means in `after`: one identity, whatever its name is there. */
function personIn(name: string, { after, now }: Around): Member | undefined {
  for (const member of after.members.values()) if (member.name === name) return now.members.get(member.keyId)
  return undefined
}

/** Describes an entry for people, such as `member dave, grant dave`. */
export function describeEntry(changes: readonly LogChange[]): string {
  const one = (change: LogChange): string => {
    switch (change.change) {
      case 'member':
        return `add member ${change.name}`
      case 'remove':
        return `remove member ${change.member}`
      case 'role':
        return change.role === 'admin' ? `make ${change.member} an admin` : `${change.member} is no admin`
      case 'grant':
        return `grant ${change.member} ${change.rights.join(' ')} on ${change.key}`
      case 'revoke':
        return `revoke ${change.rights.join(' ')} on ${change.key} from ${change.member}`
      case 'key':
        return `create key ${change.key}`
      case 'names':
        return `names of key ${change.key}`
      case 'generation':
        return `new generation of key ${change.key}`
      case 'waiver':
        return 'waive an exposure'
      case 'recovery':
        return `recovery identity ${change.member}`
      case 'drill':
        return 'recovery drill'
      case 'pruning':
        return 'pruning policy'
      case 'vault':
        return 'vault'
    }
  }
  return changes.map(one).join(', ')
}
