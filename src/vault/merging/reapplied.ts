import type { Access, Member } from '../../core/access/access.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { formatInvitation } from '../../core/access/invitation.js'
import type { AccessDocument } from '../../core/format/documents.js'
import { describeEntry } from './reapplyChange.js'

type Entry = AccessDocument['entries'][number]

/**
 * Returns a change for the entry that the signer of left-out entries must sign, if the trunk has all of their changes already:
 * one of their own grants, which the trunk has made, too, or else the pruning policy as it is.
 * @param own the log after those entries
 */
export function changesNothing(entries: readonly Entry[], own: Access, access: Access): LogChange {
  for (const change of entries.flatMap(({ changes }) => changes).reverse()) {
    if (change.change !== 'grant') continue
    const { keyId } = memberNamed(own, change.member) ?? {}
    const member = keyId === undefined ? undefined : access.members.get(keyId)
    const held = member?.rights.get(change.key)
    if (member?.removed === undefined && member && change.rights.every(right => held?.has(right)))
      return { ...change, member: member.name }
  }
  return samePruning(access)
}

function samePruning({ pruning }: Access): LogChange {
  return {
    change: 'pruning',
    keep: String(pruning.keep),
    minimumAgeHours: String(pruning.minimumAgeMs / 3_600_000),
    quota: String(pruning.quota)
  }
}

/**
 * Describes an entry that was made again. An invitation for a member who was added names an entry that is gone. A member who
 * was added on both sides has the rights of both.
 */
export function describeAgain({ entry, changes }: Entry, access: Access, trunk: Access): string {
  const added = changes.flatMap(change => (change.change === 'member' ? [change.name] : []))
  const { vaultId, entries } = access
  const invitation = formatInvitation({ root: vaultId, entry: entries.length, head: entries.at(-1) ?? '' })
  const invited = added.flatMap(name => {
    const member = memberNamed(access, name)
    const isThere = member !== undefined && trunk.members.has(member.keyId)
    const both = isThere
      ? [`; ${name} was added there, too, and has the rights of both: ${rightsOf(member)}`]
      : []
    return [...both, `; new invitation for ${name}: ${invitation}`]
  })
  return `entry ${entry}: ${describeEntry(changes)}${invited.join('')}`
}

function rightsOf({ rights }: Member): string {
  const all = [...rights].flatMap(([key, held]) =>
    held.size > 0 ? [`${[...held.keys()].join(' ')} on ${key}`] : []
  )
  return all.length > 0 ? all.join(', ') : 'none'
}

function memberNamed({ members }: Access, name: string): Member | undefined {
  for (const member of members.values()) if (member.name === name) return member
  return undefined
}
