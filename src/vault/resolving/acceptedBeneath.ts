import type { Access } from '../../core/access/access.js'
import type { History } from '../../core/ports.js'
import { compareSecret, type SeenSecret } from '../../core/versions/seen.js'
import type { Place } from '../documents/place.js'
import { nothingSeen } from '../memory/seen.js'
import { seenState } from '../memory/seenState.js'
import { acceptedSecret } from '../verify/rollbackCheck.js'
import { StateFloors } from '../verify/stateFloors.js'
import { View } from '../view.js'

interface StateIn extends SeenSecret {
  readonly commit: string
}

/**
 * Searches the history of a commit for the newest states of a secret that an access log accepts, and returns the commits that
 * have them: one on each side of a merge. For a commit whose own state is refused because a former member signed it. What
 * others wrote before must not be lost.
 */
export async function acceptedBeneath(
  history: Pick<History, 'range' | 'treeOf'>,
  place: Place,
  access: Access,
  { commit: to, folder }: { readonly commit: string; readonly folder: string }
): Promise<readonly string[]> {
  const home = place.inRegion(undefined)
  const { secret, stages } = place.secretIn(folder)
  const floors = new StateFloors<StateIn>(compareSecret, async () => undefined)
  for await (const { commit, parents, files } of history.range(undefined, to, [secret, stages])) {
    floors.add(commit, parents)
    if (files.length === 0) continue
    const found = await acceptedSecret(
      new View(history.treeOf(commit), home, access, nothingSeen(), 0),
      folder
    )
    if (!found) continue
    const state = { ...seenState(found), commit }
    const before = await floors.of(parents, folder)
    // after a state that goes back, the newer one still counts as the newest
    if (before.every(other => compareSecret(state, other) === 'newer')) floors.set(commit, folder, [state])
  }
  return (await floors.of([to], folder)).map(({ commit }) => commit)
}
