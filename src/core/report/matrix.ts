import type { Access, Member } from '../access/access.js'
import { RIGHTS } from '../access/rights.js'
import { fingerprint } from '../crypto/fingerprint.js'
import type { ReportData, ReportedMember, ReportedRight } from './data.js'

/** Returns the members, the keys and their rights, present and past, as an access log says. */
export function accessMatrix(access: Access): Pick<ReportData, 'members' | 'keys' | 'rights'> {
  const timeOf = (entry: number): string => access.times[entry - 1] ?? ''
  const members = [...access.members.values()]
  return {
    members: members.map(member => memberOf(member, access, timeOf)).sort(byRole),
    keys: [...access.keys.values()]
      .map(({ alias, names, generations }) => ({
        ...{ alias, names: [...names].sort(), generations: generations.length },
        since: timeOf(generations.at(-1)?.since ?? 1)
      }))
      .sort((a, b) => (a.alias < b.alias ? -1 : 1)),
    rights: members.flatMap(member => periodsOf(member, timeOf))
  }
}

function memberOf(member: Member, access: Access, timeOf: (entry: number) => string): ReportedMember {
  const { name, keyId, text, adminSince, since, removed, rights } = member
  const held = [...rights].flatMap(([key, granted]) =>
    granted.size > 0 ? [{ key, rights: RIGHTS.filter(right => granted.has(right)) }] : []
  )
  return {
    ...{ name, isAdmin: adminSince !== undefined, isRecovery: access.recoveries.has(keyId) },
    ...{ words: fingerprint(text), since: timeOf(since) },
    ...(removed === undefined ? {} : { removed: timeOf(removed) }),
    rights: held.sort((a, b) => (a.key < b.key ? -1 : 1))
  }
}

/** Present members first, and of those the admins. */
function byRole(a: ReportedMember, b: ReportedMember): number {
  const rank = ({ removed, isAdmin, name }: ReportedMember): string =>
    `${removed === undefined ? 0 : 1}${isAdmin ? 0 : 1}${name}`
  return rank(a) < rank(b) ? -1 : 1
}

function periodsOf(member: Member, timeOf: (entry: number) => string): ReportedRight[] {
  const { name, tenures, adminTenures } = member
  const times = ({ from, until }: { readonly from: number; readonly until?: number }) => ({
    from: timeOf(from),
    ...(until === undefined ? {} : { until: timeOf(until) })
  })
  return [
    ...adminTenures.map(one => ({ member: name, right: 'admin' as const, ...times(one) })),
    ...tenures.map(one => ({ member: name, right: one.right, key: one.key, ...times(one) }))
  ]
}
