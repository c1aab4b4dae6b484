import type { History } from '../../core/ports.js'
import type { SeenSecret } from '../../core/versions/seen.js'
import { secretFolderOf, type Place } from '../documents/place.js'
import type { Seen } from '../memory/seen.js'
import { nothingSeen } from '../memory/seen.js'
import { seenState } from '../memory/seenState.js'
import { View, type Secret } from '../view.js'
import { acceptedSecret } from './rollbackCheck.js'

/** The most commits that are searched for states that this clone has missed. */
const MAX_COMMITS = 500

/**
 * Remembers, one after the other, the states of a secret that HEAD's history has and that this clone has missed, as if it
 * had read each when it was new. After that, a state is accepted that follows repaired dates: only the repaired state itself
 * says that moves may go back. Returns whether the state may be read now.
 * @param home reads HEAD under the newest access log
 */
export async function catchUp(
  history: Pick<History, 'log' | 'treeOf'>,
  { access, place: at }: Pick<View, 'access' | 'place'>,
  seen: Seen,
  { document, stagesDocument, place }: Secret
): Promise<boolean> {
  const home: Place = at.inRegion(undefined)
  const folder = secretFolderOf(place)
  const last = await seen.newest(document.arn)
  const missed: SeenSecret[] = []
  for await (const { commit } of history.log({ paths: [place.secret, place.stages], limit: MAX_COMMITS })) {
    const view = new View(history.treeOf(commit), home, access, nothingSeen(), 0)
    const secret = await acceptedSecret(view, folder)
    if (!secret) continue
    const state = seenState(secret)
    if (isSame(state, last)) break
    missed.push(state)
  }
  for (const state of missed.reverse()) if (!(await seen.refusal(state))) await seen.remember(state)
  return !(await seen.refusal(seenState({ document, stagesDocument })))
}

const isSame = (state: SeenSecret, last: SeenSecret | undefined): boolean =>
  state.secret.digest === last?.secret.digest && state.stages.digest === last.stages.digest
