import type { Access } from '../../core/access/access.js'
import { entryHashes } from '../../core/access/accessLog.js'
import { parseDocument } from '../../core/format/documents.js'
import type { EntryReference } from '../../core/generated/documents.js'
import type { History, Memory } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { readAccess, type PinnedAccess } from '../memory/pin.js'
import { mergeLogs, readLogBytes } from './mergeLogs.js'
import type { Conflict } from './types.js'

/** The merged commits, as far as the merge of one file knows them. */
export interface MergedCommits {
  readonly history: Pick<History, 'treeOf'>
  readonly memory: Memory
  readonly trustedRoot: () => Promise<string | undefined>
  readonly head: string
  /** The other side of a merge, if git says which commit it is. */
  readonly merged: string | undefined
  /** Commits whose access log may be needed otherwise, the likeliest first. */
  candidates(): AsyncIterable<string>
}

/**
 * Returns the access log that the merged tree will have, as far as one file tells: the newer of the two sides, or else the
 * one of HEAD, or else the first that continues it and has the entries that both documents name. It is checked against the
 * pin. Rights are those of the newest log that this clone has verified, though `entries` has those of the merged tree only:
 * no document of that tree may name another.
 */
export async function accessOfMerge(
  commits: MergedCommits,
  place: Place,
  named: readonly EntryReference[]
): Promise<Access | Conflict> {
  const { head, merged } = commits
  const open = (commit: string) =>
    readAccess(commits.history.treeOf(commit), place, commits.memory, commits.trustedRoot)
  const own = await open(head)
  if (merged !== undefined) {
    const relation = await relationOf(own, merged, commits, place)
    if ('reason' in relation) return relation
    return limited(relation.take === 'theirs' ? await open(merged) : own)
  }
  if (hasAll(await entryHashes(own.log), named)) return limited(own)
  for await (const commit of commits.candidates()) {
    const found = await laterLog(own, commit, commits, place)
    if (found && hasAll(found, named)) return limited(await open(commit))
  }
  return {
    reason: 'refused',
    detail: `${place.access}: this branch lacks entries of the access log that the other side knows; merge that branch first`
  }
}

async function relationOf(own: PinnedAccess, commit: string, { history }: MergedCommits, place: Place) {
  const other = await readLogBytes(history.treeOf(commit), place.access)
  return other ? mergeLogs(own.bytes, other, place.access) : { take: 'ours' as const }
}

/** Returns the entries of a commit's log if it continues ours. */
function laterLog(
  own: PinnedAccess,
  commit: string,
  commits: MergedCommits,
  place: Place
): Promise<readonly string[] | undefined> {
  return unlessRefused(async () => {
    const relation = await relationOf(own, commit, commits, place)
    if ('reason' in relation || relation.take === 'ours') return undefined
    const bytes = await readLogBytes(commits.history.treeOf(commit), place.access)
    return bytes && (await entryHashes(await parseDocument('access', bytes, place.access)))
  })
}

function hasAll(entries: readonly string[], named: readonly EntryReference[]): boolean {
  return named.every(({ entry, hash }) => entries[Number(entry) - 1] === hash)
}

async function limited({ access, log }: PinnedAccess): Promise<Access> {
  const entries = await entryHashes(log)
  return { ...access, entries, times: access.times.slice(0, entries.length) }
}
