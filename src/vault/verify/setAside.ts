import { relate } from '../../core/access/access.js'
import type { AccessDocument } from '../../core/format/documents.js'
import type { Log } from '../documents/readLog.js'

/** A log that is not folded yet, and the hashes of its entries. */
export interface HashedLog {
  readonly document: AccessDocument
  readonly entries: readonly string[]
}

/**
 * Returns the logs of a merge's parents that it may leave out (FORMAT.md, "Access-log forks"). The merge's log must be longer
 * than another parent's log, the trunk. All entries that are left out must be signed by one member, who has also signed an
 * entry after the trunk. So only the signer of entries can take them back, and nobody can drop an entry of another member.
 * The caller must check the signatures of both logs.
 */
export function setAside(
  { document, entries }: HashedLog,
  parents: readonly (Log | undefined)[]
): ReadonlySet<Log> {
  const aside = new Set<Log>()
  const trunk = parents.reduce(
    (most, log) => (log && relate(entries, log.access.entries) === 'ahead' ? longer(most, log) : most),
    0
  )
  if (trunk === 0) return aside
  const signers = new Set(document.entries.slice(trunk).map(({ by }) => by))
  for (const log of parents) {
    if (!log || relate(entries, log.access.entries) !== 'fork') continue
    const shared = log.access.entries.findIndex((hash, index) => hash !== entries[index])
    const dropped = new Set(log.document.entries.slice(shared).map(({ by }) => by))
    const [signer] = dropped
    if (dropped.size === 1 && signer !== undefined && signers.has(signer)) aside.add(log)
  }
  return aside
}

const longer = (most: number, { access }: Log): number => Math.max(most, access.entries.length)
