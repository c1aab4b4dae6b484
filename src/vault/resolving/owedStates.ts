import type { History, Repository, Tree } from '../../core/ports.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { Place } from '../documents/place.js'
import { RangeLogs } from '../verify/rangeLogs.js'
import { Findings } from '../verify/findings.js'
import { ownerOf } from '../documents/owner.js'
import { HeldReports } from '../verify/heldReports.js'
import { Mending } from '../verify/mending.js'
import { Removals } from '../verify/removals.js'
import { acceptedSecret, hasDocuments, RollbackCheck, type SeenIn } from '../verify/rollbackCheck.js'
import { isSecret } from '../verify/verify.js'
import { nothingSeen } from '../memory/seen.js'
import { View } from '../view.js'
import type { Access } from '../../core/access/access.js'

export interface OwedOptions {
  /** The commits that are not in the history of `from` are checked; left out, all. */
  readonly from?: string
  readonly to: string
  /** The folders of secrets; left out, all that the commits change. */
  readonly folders?: readonly string[]
}

const TREES = 4

/**
 * Returns the states that the history of a commit has and that its newest state lacks, by the secret's folder: a merge made
 * by hand has left them out, or the branch went back behind them. A state that a later one includes is left out.
 */
export async function owedStates(
  repository: Repository & History,
  place: Place,
  { from, to, folders }: OwedOptions
): Promise<ReadonlyMap<string, readonly SeenIn[]>> {
  const trees = new Map<string, Tree>()
  const treeOf = (commit: string): Tree => {
    const tree = trees.get(commit) ?? repository.treeOf(commit)
    keepLast(trees, TREES, commit, tree)
    return tree
  }
  const open = (commit: string, access: Access): View =>
    new View(treeOf(commit), place, access, nothingSeen(), 0)
  const logs = new RangeLogs(place, treeOf, undefined)
  const reports = new HeldReports(
    async () => undefined,
    async () => undefined
  )
  let isHeld = false
  const findings = new Findings(async finding => {
    if (isHeld) mending.hold(finding, ownerOf(finding.path, place.folder))
  })
  const mending = new Mending(
    reports,
    findings,
    (commit, view, folder) => acceptedSecret(open(commit, view.access), folder),
    (commit, descendant) => repository.isAncestor(commit, descendant)
  )
  const removals = from === undefined ? undefined : new Removals(repository, place, from)
  const rollbacks = new RollbackCheck(findings, {
    viewOf: async (commit, access) => {
      const log = access ?? (await logs.at(commit))?.access
      return log && open(commit, log)
    },
    removal: async (folder, created, commit) => removals?.of(folder, created, commit)
  })

  for await (const commit of repository.range(from, to, [...(folders ?? [place.folder]), place.access])) {
    findings.forget()
    rollbacks.add(commit)
    isHeld = false
    const found = await logs.of(commit, findings)
    if (!found) continue
    isHeld = true
    const view = open(commit.commit, found.newest.access)
    const changed = new Set(commit.files.map(({ path }) => ownerOf(path, place.folder)))
    const secrets = [...changed].filter(folder => isSecret(folder, place))
    for (const folder of secrets) {
      const { stages } = place.secretIn(folder)
      const isThere = await hasDocuments(view, folder)
      if (isThere && !(await acceptedSecret(view, folder))) await findings.problem(stages, 'refused', true)
      await rollbacks.checkSecret(commit, view, folder)
    }
    await mending.end(commit.commit, view, secrets, folder => rollbacks.statesUpTo(commit, view, folder))
  }
  return new Map(mending.folders.map(folder => [folder, distinct(mending.owed(folder))]))
}

function distinct(states: readonly SeenIn[]): SeenIn[] {
  const known = new Map<string, SeenIn>()
  for (const state of states) known.set(`${state.secret.digest} ${state.stages.digest}`, state)
  return [...known.values()]
}
