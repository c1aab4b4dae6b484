import { entryHashes } from '../../core/access/accessLog.js'
import { sayChange } from '../../core/describe/sayChange.js'
import type { ReportData, ReportedChange } from '../../core/report/data.js'
import { readDocument } from '../../vault/documents/place.js'
import { log, type LogEntry } from '../../vault/log/log.js'
import type { Vault } from '../../vault/vault.js'
import type { View } from '../../vault/view.js'

/** A page with more would be slow to open. `git-vault log` has them all. */
const MOST_CHANGES = 1000

/** Returns the newest changes, and counts them all. */
export async function timelineOf(vault: Vault): Promise<ReportData['timeline']> {
  const changes: ReportedChange[] = []
  const days = new Map<string, number>()
  let total = 0
  for await (const entry of log(vault, {})) {
    total++
    if (changes.length < MOST_CHANGES) changes.push(changeOf(entry))
    const day = entry.time.toISOString().slice(0, 10)
    days.set(day, (days.get(day) ?? 0) + 1)
  }
  const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1))
  return { changes, total, days: sorted.map(([day, count]) => ({ day, changes: count })) }
}

function changeOf({ time, member, author, operation, secret, commit, signed }: LogEntry): ReportedChange {
  return {
    ...{ time: time.toISOString(), by: member ?? author, operation },
    ...(secret === undefined ? {} : { secret }),
    ...{ commit, isSigned: signed }
  }
}

/** Returns the entries of the access log that this clone has verified, newest first. */
export async function accessEntries(view: View): Promise<ReportData['accessLog']> {
  const document = await readDocument(view.tree, 'access', view.place.access)
  if (!document) return []
  const hashes = await entryHashes(document)
  return document.entries
    .filter((_, at) => hashes[at] === view.access.entries[at])
    .map(({ time, by, changes }, at) => ({
      entry: at + 1,
      ...{ time, by: view.memberName(by), changes: changes.map(sayChange) }
    }))
    .toReversed()
}
