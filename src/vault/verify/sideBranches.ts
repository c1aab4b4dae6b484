import { relate, type Access } from '../../core/access/access.js'
import { digestOf } from '../../core/format/documents.js'
import type { RangeCommit, Tree } from '../../core/ports.js'
import type { Acceptance } from '../documents/acceptance.js'
import { InheritedAcceptance } from '../documents/inheritedAcceptance.js'
import { readDocument, type Place } from '../documents/place.js'
import type { Log } from '../documents/readLog.js'
import { unlessRefused } from '../documents/refusal.js'
import type { CommitLogs } from './rangeLogs.js'

/**
 * The commits of a range whose access log lacks entries of the log that the range begins with: they are on a branch that
 * began before those. What such a commit changes is judged under the newest log, so that a former member cannot sign on an
 * older branch. A document that the branch began with is no change of the branch, and the newest log may refuse it: then
 * the commit's own log decides. A merge has the newest log, and so may take no such document.
 */
export class SideBranches {
  readonly #place: Place
  readonly #treeOf: (commit: string) => Tree
  readonly #base: Log | undefined
  readonly #logs = new Map<string, Access>()
  /** The path and digest of each document that a commit without the newest log has brought. */
  readonly #brought = new Set<string>()

  /** @param base the log of the commit that the range begins after, if it has a vault */
  constructor(place: Place, treeOf: (commit: string) => Tree, base: Log | undefined) {
    this.#place = place
    this.#treeOf = treeOf
    this.#base = base
  }

  /** Adds a commit, after its parents and before its documents are judged. */
  async add({ commit, files }: RangeCommit, logs: CommitLogs | undefined): Promise<void> {
    const base = this.#base?.access.entries
    if (!base) return
    const own = logs && (logs.own ?? logs.before)?.access
    const relation = own ? relate(own.entries, base) : undefined
    if (relation === 'same' || relation === 'ahead') return
    for (const { path, mode, isOwn } of files)
      if (isOwn && mode !== undefined) await this.#bring(this.#treeOf(commit), path)
    if (own && relation === 'behind') this.#logs.set(commit, own)
  }

  /** Whether the commit's access log lacks entries of the log that the range begins with. */
  isBehind(commit: string | undefined): boolean {
    return commit !== undefined && this.#logs.has(commit)
  }

  /** Makes what judges the documents of a commit. `undefined`: the log that it is judged under decides about all. */
  acceptanceOf(commit: string): ((access: Access, place: Place) => Acceptance) | undefined {
    const own = this.#logs.get(commit)
    if (!own) return undefined
    const inherited = {
      access: own,
      has: (path: string, document: Parameters<typeof digestOf>[0]) =>
        !this.#brought.has(`${path} ${digestOf(document)}`)
    }
    return (access, place) => new InheritedAcceptance(access, place, inherited)
  }

  async #bring(tree: Tree, path: string): Promise<void> {
    const [, file] = /\/(secret|stages)\.yaml$/.exec(path) ?? []
    const kind = path.startsWith(`${this.#place.folder}/keys/`) ? 'key' : (file as 'secret' | 'stages')
    if (kind === undefined) return
    // what is no document is accepted under no log
    const document = await unlessRefused(() => readDocument(tree, kind, path))
    if (document) this.#brought.add(`${path} ${digestOf(document)}`)
  }
}
