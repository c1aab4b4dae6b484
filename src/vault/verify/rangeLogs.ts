import { relate } from '../../core/access/access.js'
import { entryHashes, foldLogInTurns } from '../../core/access/accessLog.js'
import type { RangeCommit, Tree } from '../../core/ports.js'
import type { Findings } from './findings.js'
import { unlessRefused } from '../documents/refusal.js'
import { readDocument, type Place } from '../documents/place.js'
import { readLog, type Log } from '../documents/readLog.js'
import { setAside, type HashedLog } from './setAside.js'

/** The access logs that apply to a commit of a range. */
export interface CommitLogs {
  /** The newest of the commit's own log and those before it. */
  readonly newest: Log
  /** The commit's own log, if it is valid and continues all logs before it. */
  readonly own: Log | undefined
  /** The newest log of the parents. */
  readonly before: Log | undefined
}

/**
 * The access logs of a range of commits. Each must continue the logs of the parents, and that of the commit that the range
 * begins after. The only exception is a fork whose signer has made its entries again: see `setAside`.
 */
export class RangeLogs {
  readonly #place: Place
  readonly #treeOf: (commit: string) => Tree
  readonly #base: Log | undefined
  /** The log of each commit. Most commits share one. */
  readonly #logs = new Map<string, Log | undefined>()
  /** The logs of commits beside the base's log, which no merge has set aside yet. By commit. */
  readonly #beside = new Map<string, readonly string[]>()

  /** @param base the log of the commit that the range begins after, if it has a vault */
  constructor(place: Place, treeOf: (commit: string) => Tree, base: Log | undefined) {
    this.#place = place
    this.#treeOf = treeOf
    this.#base = base
  }

  /** Returns a commit's logs and reports problems with its own. Returns `undefined` if there is no vault yet. */
  async of({ commit, parents, files }: RangeCommit, findings: Findings): Promise<CommitLogs | undefined> {
    const path = this.#place.access
    const [first] = parents
    const logs: (Log | undefined)[] = []
    for (const parent of parents) logs.push(await this.at(parent))
    const isChanged = first === undefined || files.some(file => file.path === path)
    const found = isChanged
      ? await findings.check(path, () => readHashed(this.#treeOf(commit), this.#place))
      : hashed(await this.at(first))
    const aside = found ? setAside(found, logs) : NONE
    const kept = logs.filter(log => log && !aside.has(log))
    const before = newest(kept)
    if (!found && before && isChanged) await findings.problem(path, 'missing')
    const isBeside = found && kept.some(log => log) && this.#isBeside(found.entries)
    const earlier = isBeside ? kept : [...kept, this.#base]
    // Comes before anything is folded: a log that continues no earlier one costs no more than its hashes.
    const continues = found && (await this.#continuesAll(found.entries, earlier, findings))
    const own = continues ? await findings.check(path, () => foldAfter(found, earlier, path)) : undefined
    this.#logs.set(commit, own ?? before)
    if (own && isBeside) this.#beside.set(commit, own.access.entries)
    if (own) for (const log of aside) this.#settle(log.access.entries)
    const all = newest([own, before, ...(own && isBeside ? [] : [this.#base])])
    return (own ?? before) && all && { newest: all, own, before }
  }

  /** Reports the commits whose logs fork from the base's, and whose entries nobody has made again. */
  async end(findings: Findings): Promise<void> {
    for (const commit of this.#beside.keys()) {
      findings.commit = commit
      findings.forget()
      await findings.problem(this.#place.access, WHY.fork)
    }
  }

  #isBeside(entries: readonly string[]): boolean {
    return this.#base !== undefined && relate(entries, this.#base.access.entries) === 'fork'
  }

  /** Forgets the commits whose logs are a part of one that a merge has set aside. */
  #settle(entries: readonly string[]): void {
    for (const [commit, log] of this.#beside)
      if (['same', 'ahead'].includes(relate(entries, log))) this.#beside.delete(commit)
  }

  async #continuesAll(
    entries: readonly string[],
    others: readonly (Log | undefined)[],
    findings: Findings
  ): Promise<boolean> {
    for (const other of others) {
      if (!other) continue
      const relation = relate(entries, other.access.entries)
      if (relation === 'same' || relation === 'ahead') continue
      // a branch that started before the base lacks the base's newest entries, but reverts nothing
      if (relation === 'behind' && other === this.#base) continue
      await findings.problem(this.#place.access, WHY[relation], relation === 'behind')
      return false
    }
    return true
  }

  /** Returns the log of a commit that was already checked, or of one that the range begins after. */
  async at(commit: string): Promise<Log | undefined> {
    if (this.#logs.has(commit)) return this.#logs.get(commit)
    const log = await readIfLog(this.#treeOf(commit), this.#place)
    this.#logs.set(commit, log)
    return log
  }
}

const WHY = {
  behind: 'lacks entries that an earlier commit has',
  fork: 'forks from the access log of an earlier commit',
  foreign: 'belongs to another vault than the access log of an earlier commit'
}

const NONE: ReadonlySet<Log> = new Set()

const hashed = (log: Log | undefined): HashedLog | undefined =>
  log && { document: log.document, entries: log.access.entries }

async function readHashed(tree: Tree, place: Place): Promise<HashedLog | undefined> {
  const document = await readDocument(tree, 'access', place.access)
  return document && { document, entries: await entryHashes(document) }
}

/** Folds a log. Does not check the signatures of entries that it shares with an earlier log again. */
async function foldAfter(
  { document, entries }: HashedLog,
  earlier: readonly (Log | undefined)[],
  path: string
): Promise<Log> {
  let verified = 0
  for (const log of earlier) {
    const known = log?.access.entries ?? []
    if (known.length > 0 && ['same', 'ahead'].includes(relate(entries, known)))
      verified = Math.max(verified, known.length)
  }
  return { document, access: await foldLogInTurns(document, path, verified) }
}

/** Returns `undefined` if the log is refused: commits before the range are not checked. */
function readIfLog(tree: Tree, place: Place): Promise<Log | undefined> {
  return unlessRefused(() => readLog(tree, place))
}

function newest(logs: readonly (Log | undefined)[]): Log | undefined {
  return logs.reduce(
    (best, log) => ((log?.access.entries.length ?? 0) > (best?.access.entries.length ?? 0) ? log : best),
    undefined
  )
}
