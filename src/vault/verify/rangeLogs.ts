import { relate, type Access } from '../../core/access/access.js'
import { foldLog } from '../../core/access/accessLog.js'
import type { AccessDocument } from '../../core/format/documents.js'
import type { RangeCommit, Tree } from '../../core/ports.js'
import type { Findings } from './findings.js'
import { refusalOf } from '../documents/refusal.js'
import { readDocument, type Place } from '../documents/place.js'

export interface Log {
  readonly access: Access
  readonly document: AccessDocument
}

/** The logs of a commit of a range. */
export interface CommitLogs {
  /** The newest that counts for it: its own, or where that lacks something one before it. */
  readonly newest: Log
  /** Its own, if it is one and goes on from all before it. */
  readonly own: Log | undefined
  /** The newest of its parents'. */
  readonly before: Log | undefined
}

/** The access logs of a range of commits, which each have to go on from those of their parents. */
export class RangeLogs {
  readonly #place: Place
  readonly #treeOf: (commit: string) => Tree
  readonly #base: Log | undefined
  /** Of each commit of the range; most share one. */
  readonly #logs = new Map<string, Log | undefined>()

  /** @param base of the commit that the range begins after, if there was a vault */
  constructor(place: Place, treeOf: (commit: string) => Tree, base: Log | undefined) {
    this.#place = place
    this.#treeOf = treeOf
    this.#base = base
  }

  /** Says what is wrong with a commit's log; `undefined` where there is no vault yet. */
  async of({ commit, parents, files }: RangeCommit, findings: Findings): Promise<CommitLogs | undefined> {
    const path = this.#place.access
    const [first] = parents
    const logs: (Log | undefined)[] = []
    for (const parent of parents) logs.push(await this.at(parent))
    const before = newest(logs)
    const isChanged = first === undefined || files.some(file => file.path === path)
    const found = isChanged
      ? await findings.check(path, () => readLog(this.#treeOf(commit), this.#place))
      : await this.at(first)
    if (!found && before && isChanged) await findings.problem(path, 'missing')
    const own = found && (await this.#goesOn(found, [...logs, this.#base], findings)) ? found : undefined
    this.#logs.set(commit, own ?? before)
    const all = newest([own, before, this.#base])
    return (own ?? before) && all && { newest: all, own, before }
  }

  async #goesOn({ access }: Log, others: readonly (Log | undefined)[], findings: Findings): Promise<boolean> {
    for (const other of others) {
      if (!other) continue
      const relation = relate(access.entries, other.access.entries)
      if (relation === 'same' || relation === 'ahead') continue
      // a branch that began before the log went on lacks what came since, and takes nothing back
      if (relation === 'behind' && other === this.#base) continue
      const why = {
        behind: 'lacks entries that a commit before it has',
        fork: 'forks from the access log of a commit before it',
        foreign: 'is the log of another vault than that of a commit before it'
      }
      await findings.problem(this.#place.access, why[relation])
      return false
    }
    return true
  }

  /** That of a commit that came before: one of the range, or one that it begins at. */
  async at(commit: string): Promise<Log | undefined> {
    if (this.#logs.has(commit)) return this.#logs.get(commit)
    const log = await readIfLog(this.#treeOf(commit), this.#place)
    this.#logs.set(commit, log)
    return log
  }
}

/** `undefined` where there is none. */
export async function readLog(tree: Tree, place: Place): Promise<Log | undefined> {
  const document = await readDocument(tree, 'access', place.access)
  return document && { document, access: foldLog(document, place.access) }
}

/** What came before the range is not what is checked. */
async function readIfLog(tree: Tree, place: Place): Promise<Log | undefined> {
  try {
    return await readLog(tree, place)
  } catch (error) {
    refusalOf(error)
    return undefined
  }
}

function newest(logs: readonly (Log | undefined)[]): Log | undefined {
  return logs.reduce(
    (best, log) => ((log?.access.entries.length ?? 0) > (best?.access.entries.length ?? 0) ? log : best),
    undefined
  )
}
