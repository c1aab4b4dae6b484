import { shownName } from '../../vault/documents/place.js'
import type { Synced } from '../../app/sync/types.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import { count, describeAccess, nameList } from './verify.js'

/** The most lines about what came or goes. */
const MAX_LINES = 20

/** Describes a sync for people. */
export function syncedLines(synced: Synced, isDryRun: boolean): string[] {
  const { upstream, races } = synced
  const lines = [...receivedLines(synced, isDryRun), ...sentLines(synced, isDryRun)]
  if (races > 0)
    lines.push(`others pushed meanwhile, so this was done ${races === 1 ? 'once' : `${races} times`} more`)
  return lines.length > 0 ? lines : [`up to date with ${upstream}`]
}

function receivedLines(
  { upstream, received, incoming, reapplied, joined }: Synced,
  isDryRun: boolean
): string[] {
  const again = `${isDryRun ? 'would make' : 'made'} ${reapplied.length === 1 ? '1 entry' : `${reapplied.length} entries`}`
  const [receive, join] = isDryRun ? ['would receive', 'would join'] : ['received', 'joined']
  return [
    ...(received > 0 ? [`${receive} ${count(received, 'commit')} from ${upstream}`] : []),
    ...changeLines(incoming),
    ...(reapplied.length > 0 ? [`${again} of the access log again, after those of ${upstream}:`] : []),
    ...reapplied.map(line => `  ${line}`),
    ...joined.flatMap(({ name, region, decided }) => [
      `${join} ${shownName(name, region)}`,
      ...decided.map(line => `  ${line}`)
    ])
  ]
}

function sentLines({ pushTo, sent, outgoing, isPushed }: Synced, isDryRun: boolean): string[] {
  if (sent === 0) return []
  const commits = count(sent, 'commit')
  if (isDryRun) return [`would push ${commits} to ${pushTo}`, ...changeLines(outgoing)]
  return [isPushed ? `pushed ${commits} to ${pushTo}` : `${commits} not pushed to ${pushTo}`]
}

/** One line for each member and operation, and for each change of who can read. */
function changeLines(reports: readonly CommitReport[]): string[] {
  // a merge repeats what one of its sides did
  const lines = [...operationLines(reports), ...new Set(reports.flatMap(accessLines))]
  const more = lines.length - MAX_LINES
  return more > 0 ? [...lines.slice(0, MAX_LINES), `  and ${more} more`] : lines
}

function operationLines(reports: readonly CommitReport[]): string[] {
  const all = new Map<string, Set<string>>()
  const add = (member: string, operation: string, names: readonly string[]): void => {
    const id = `${member}  ${operation}`
    const known = all.get(id) ?? new Set()
    for (const name of names) known.add(name)
    all.set(id, known)
  }
  for (const { entries, operations, claim, removedSecrets, author } of reports) {
    for (const { member, entry } of entries) add(member, 'access log', [`entry ${entry}`])
    for (const { member, operation, names } of operations) add(member, operation, names)
    if (claim) add(claim.member, `${claim.operation} (unsigned)`, [claim.subject])
    const removed = removedSecrets.names.filter(name => name !== claim?.subject)
    if (removed.length > 0) add(claim?.member ?? author, 'removed (unsigned)', removed)
  }
  return [...all].map(([id, names]) => `  ${id}${nameList(names.size, [...names], '  ')}`)
}

const accessLines = (report: CommitReport): string[] => [
  ...report.gained.map(each => `  ${each.member} can now decrypt ${describeAccess(each)}`),
  ...report.lost.map(each => `  ${each.member} can no longer decrypt ${describeAccess(each)}`),
  ...report.newAdmins.map(member => `  ${member} is now an admin`),
  ...report.formerAdmins.map(member => `  ${member} is no longer an admin`)
]
