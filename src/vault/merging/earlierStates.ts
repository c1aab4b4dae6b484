import { CAPS, digestOf, type StagesDocument } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { History, Tree } from '../../core/ports.js'
import type { SignedState } from '../../core/versions/signedState.js'
import type { Acceptance } from '../documents/acceptance.js'
import { readDocument, type SecretPlace } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { signerManages } from '../documents/signerManages.js'
import type { MergeContext } from './types.js'

/** More commits than this that change one secret are not read: each costs a signature. */
const MOST = 1_000

/**
 * Returns the accepted states of a secret in the commits of `to` that `from` does not have: see `Side.earlier`. A state
 * that is refused is left out.
 */
export async function earlierStates(
  history: Pick<History, 'range' | 'treeOf'>,
  { from, to }: { readonly from: string; readonly to: string },
  place: SecretPlace,
  acceptance: Acceptance,
  context: Pick<MergeContext, 'access'>
): Promise<readonly SignedState[]> {
  const states = new Map<string, SignedState>()
  let count = 0
  for await (const { commit } of history.range(from, to, [place.stages])) {
    if (++count > MOST) break
    const found = await stateIn(history.treeOf(commit), place, acceptance, context)
    if (found) states.set(found.digest, found.state)
  }
  return [...states.values()]
}

/**
 * Returns the accepted states of a secret in this branch's newest commits, until one has the file `last`. For a merge of
 * which git says no commit, as of a single cherry-pick.
 */
export async function statesUntil(
  history: Pick<History, 'log' | 'treeOf'>,
  last: Uint8Array,
  place: SecretPlace,
  acceptance: Acceptance,
  context: Pick<MergeContext, 'access'>
): Promise<readonly SignedState[]> {
  const states: SignedState[] = []
  for await (const { commit } of history.log({ paths: [place.stages], limit: MOST })) {
    const tree = history.treeOf(commit)
    const bytes = await tree.read(place.stages, CAPS.stages.bytes).catch(() => undefined)
    if (bytes && isSameBytes(bytes, last)) break
    const found = await stateIn(tree, place, acceptance, context)
    if (found) states.push(found.state)
  }
  return states
}

/** Returns the state of a secret in a tree, and its document's digest; `undefined` if there is none or it is refused. */
function stateIn(
  tree: Tree,
  place: SecretPlace,
  acceptance: Acceptance,
  context: Pick<MergeContext, 'access'>
): Promise<{ readonly digest: string; readonly state: SignedState } | undefined> {
  return unlessRefused(async () => {
    const document = await readDocument(tree, 'stages', place.stages)
    return (
      document && { digest: digestOf(document), state: signedState(document, place, acceptance, context) }
    )
  })
}

/** Checks a stages.yaml by itself, and returns its state. Throws `DocumentRefused`. */
export function signedState(
  document: StagesDocument,
  place: SecretPlace,
  acceptance: Acceptance,
  { access }: Pick<MergeContext, 'access'>
): SignedState & { readonly name: string; readonly alias: string } {
  const { name, key, stages } = acceptance.stagesAlone(document, place)
  return { name, alias: key.alias, stages, manages: signerManages(document, key.alias, access) }
}
