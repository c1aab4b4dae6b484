import { compareSecret, skippedSerials, type SeenSecret } from '../../core/versions/seen.js'
import type { Place } from '../documents/place.js'
import { Seen } from '../memory/seen.js'
import { REMOVED, seenState } from '../memory/seenState.js'
import type { Vault } from '../vault.js'
import { includes } from '../verify/inclusion.js'
import type { SeenIn } from '../verify/rollbackCheck.js'
import type { Secret } from '../view.js'
import { acceptedBeneath } from './acceptedBeneath.js'
import { carriedOver } from './carriedOver.js'
import { openCandidate, viewsUnder, type Opened } from './openCandidate.js'
import { findSeen } from './searching.js'
import type { Candidate, FolderSides, ResolveContext } from './types.js'

export interface Committed {
  /** The id of HEAD's commit. */
  readonly head: string
  readonly place: Place
  readonly context: ResolveContext
  readonly branch: string | undefined
}

/** A seen state whose files this clone does not have. */
export interface Lost {
  readonly lost: SeenSecret
}

/**
 * Collects the states that the newest state of a secret must follow: HEAD's, those that the history owes, and the one that
 * this clone remembers.
 * @param owed from `owedStates`
 */
export async function committedSides(
  vault: Vault,
  { head, place, context, branch }: Committed,
  folder: string,
  owed: readonly SeenIn[]
): Promise<FolderSides | Lost> {
  const { repository, clock } = vault
  const { access } = context
  const open = viewsUnder(access, place, clock.now())
  const tree = repository.treeOf(head)
  const own = await openCandidate({ label: 'HEAD', tree }, folder, open)
  const candidates: Candidate[] = [{ label: 'HEAD', tree }]
  const states: { secret: Secret }[] = []
  const add = async (candidate: Candidate): Promise<Opened> => {
    const opened = await openCandidate(candidate, folder, open)
    candidates.push(candidate)
    if (opened.secret) states.push({ secret: opened.secret })
    return opened
  }
  const addCommit = (commit: string): Promise<Opened> =>
    add({ label: `commit ${commit.slice(0, 12)}`, tree: repository.treeOf(commit), commit })
  // signed by a member who was removed since
  const refused = new Set<string>()
  for (const { commit, secret } of owed) {
    if (secret.digest === REMOVED || commit === head) continue
    const { label, tree: then, refused: reason } = await addCommit(commit)
    if (reason === undefined) continue
    const carried = await carriedOver(then, { folder, place, other: tree, context })
    if (!carried || !(await add({ label, tree: carried })).secret) refused.add(commit)
  }
  const commits = new Set(owed.map(({ commit }) => commit))
  for (const commit of refused)
    for (const before of await acceptedBeneath(repository, place, access, { commit, folder }))
      if (!commits.has(before)) {
        commits.add(before)
        await addCommit(before)
      }

  // what was changed before a removal must not be lost if the secret is kept
  if (own.secret !== undefined || states.length > 0)
    for (const { commit, secret } of owed)
      if (secret.digest === REMOVED)
        candidates.push({
          label: `commit ${commit.slice(0, 12)}, before the removal`,
          tree: repository.treeOf(commit)
        })

  const arn = own.secret?.arn ?? states[0]?.secret.arn ?? owed[0]?.arn
  const remembered = arn === undefined ? undefined : await new Seen(repository.memory, branch).newest(arn)
  const known = [own.secret, ...states.map(({ secret }) => secret)].filter(secret => secret !== undefined)
  const isBehind =
    remembered &&
    !known.some(secret => {
      const state = seenState(secret)
      return (
        ['same', 'newer'].includes(compareSecret(state, remembered)) && !skippedSerials(state, remembered)
      )
    })
  if (isBehind && remembered.secret.digest !== REMOVED) {
    const region = own.view.inRegion(regionIn(remembered.arn))
    const found = await findSeen(repository, region.place.secretIn(folder), remembered)
    if (!found) return { lost: remembered }
    await add({ label: 'what this clone has seen', tree: found })
  }
  const seen: SeenSecret[] = [...owed, ...(own.secret ? [seenState(own.secret)] : [])]
  if (remembered) seen.push(remembered)
  const isBack = own.secret !== undefined && states.some(({ secret }) => includes(secret, own.secret!))
  return {
    ...{ folder, candidates, seen },
    ...(isBack ? { revertedTo: tree } : {}),
    isRemoved: seen.some(state => state.secret.digest === REMOVED && !isFollowed(own.secret, state)),
    mustSign: owed.length > 0 || own.secret === undefined || isBehind === true
  }
}

const isFollowed = (secret: Secret | undefined, state: SeenSecret): boolean =>
  secret !== undefined && compareSecret(seenState(secret), state) === 'newer'

const regionIn = (arn: string): string => arn.split(':')[3] ?? ''
