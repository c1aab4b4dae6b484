import type { Synced } from '../../app/sync/types.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import { count, describeAccess, nameList } from './verify.js'

/** The most lines about what came or goes. */
const MAX_LINES = 20

/** Describes a sync for people. */
export function syncedLines(synced: Synced, isDryRun: boolean): string[] {
  const { upstream, pushTo, received, incoming, joined, sent, outgoing, isPushed, races } = synced
  const would = isDryRun ? 'would ' : ''
  const lines: string[] = []
  if (received > 0)
    lines.push(
      `${isDryRun ? 'would receive' : 'received'} ${count(received, 'commit')} from ${upstream}`,
      ...changeLines(incoming)
    )
  for (const { name, decided } of joined)
    lines.push(`${isDryRun ? 'would join' : 'joined'} ${name}`, ...decided.map(line => `  ${line}`))
  if (sent > 0) {
    const commits = `${count(sent, 'commit')} to ${pushTo}`
    lines.push(
      isPushed ? `pushed ${commits}` : isDryRun ? `would push ${commits}` : `${count(sent, 'commit')} not pushed to ${pushTo}`
    )
    if (isDryRun) lines.push(...changeLines(outgoing))
  }
  if (races > 0) lines.push(`others pushed meanwhile: merged ${races === 1 ? 'once' : `${races} times`} more`)
  return lines.length > 0 ? lines : [`${would}be up to date with ${upstream}`.replace(/^be /, '')]
}

/** One line for each member and operation, and for each change of who can read. */
function changeLines(reports: readonly CommitReport[]): string[] {
  const lines = [...operationLines(reports), ...reports.flatMap(accessLines)]
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
  for (const { entries, operations, claim } of reports) {
    for (const { member, entry } of entries) add(member, 'access log', [`entry ${entry}`])
    for (const { member, operation, names } of operations) add(member, operation, names)
    if (claim) add(claim.member, `${claim.operation} (unsigned)`, [claim.subject])
  }
  return [...all].map(([id, names]) => `  ${id}${nameList(names.size, [...names], '  ')}`)
}

const accessLines = (report: CommitReport): string[] => [
  ...report.gained.map(each => `  ${each.member} can now decrypt ${describeAccess(each)}`),
  ...report.lost.map(each => `  ${each.member} can no longer decrypt ${describeAccess(each)}`),
  ...report.newAdmins.map(member => `  ${member} is now an admin`),
  ...report.formerAdmins.map(member => `  ${member} is no longer an admin`)
]
