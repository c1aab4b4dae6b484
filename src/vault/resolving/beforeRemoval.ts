import type { History } from '../../core/ports.js'
import { compareSecret } from '../../core/versions/seen.js'
import type { Place } from '../documents/place.js'
import { seenState } from '../memory/seenState.js'
import { hasDocuments, removedOnce, type SeenIn } from '../verify/rollbackCheck.js'
import { StateFloors } from '../verify/stateFloors.js'
import { stateThen } from './openCandidate.js'

/** Some commits of a branch: those that are in the history of `to` and not of `from`. */
export interface Branch {
  readonly from: string | undefined
  readonly to: string
}

/**
 * Returns the removal of a secret that a branch no longer has, with the last commit that had it; several if the branch has
 * joined several removals. A clone that has seen such a removal refuses each state that does not follow it. The merge base may
 * have an older state: the branch may have changed the secret before it removed it.
 */
export async function beforeRemoval(
  history: Pick<History, 'range' | 'treeOf'>,
  place: Place,
  { from, to }: Branch,
  folder: string
): Promise<readonly SeenIn[]> {
  const home = place.inRegion(undefined)
  const stateIn = async (commit: string): Promise<SeenIn | undefined> => {
    const secret = await stateThen(history.treeOf(commit), home, folder)
    return secret && { ...seenState(secret), commit }
  }
  const floors = new StateFloors<SeenIn>(compareSecret, stateIn)
  const { secret, stages } = home.secretIn(folder)
  for await (const { commit, parents, files } of history.range(from, to, [secret, stages])) {
    floors.add(commit, parents)
    if (files.length === 0) continue
    const state = await stateIn(commit)
    const before = await floors.of(parents, folder)
    if (!state) {
      const isRemoved = !(await hasDocuments({ tree: history.treeOf(commit), place: home }, folder))
      if (isRemoved) floors.set(commit, folder, before.map(removedOnce))
    } else if (before.every(other => compareSecret(state, other) === 'newer'))
      floors.set(commit, folder, [state])
  }
  return floors.of([to], folder)
}
