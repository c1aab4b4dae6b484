import type { MergeConflict, MergeDecision, VaultMerge } from '../../vault/merging/mergeVault.js'
import type { Joined, Unmerged } from './types.js'

/** @param isRehearsal whether nothing is signed, so that a missing signature is no conflict */
export function unmergedOf({ conflicts }: VaultMerge, isRehearsal: boolean): Unmerged[] {
  return conflicts
    .filter(({ reason }) => !isRehearsal || reason !== 'no signer')
    .map(conflict => ({ name: conflict.name, path: conflict.path, reason: reasonOf(conflict) }))
}

const REASONS: Readonly<Record<MergeConflict['reason'], string>> = {
  'two values': 'one version has two values',
  'created twice': 'both sides created it',
  'goes back': 'one side went back to an older state',
  'dated ahead': "a date is over 24 hours ahead of this computer's clock",
  'removed and changed': 'one side removed it, and the other changed it',
  refused: 'it failed verification',
  'no signer': 'the merge has to be signed, and there is no identity',
  'no right': 'the merge has to be signed by a member who may write it',
  'log forked': 'both sides added entries to the access log'
}

function reasonOf({ reason, version, detail }: MergeConflict): string {
  const which = version === undefined ? '' : ` (${version})`
  return `${REASONS[reason]}${which}${detail === undefined ? '' : `: ${detail}`}`
}

/** Whether something of both sides is in the result. What only they changed is described by their commits. */
export const isJoined = ({ result, labels }: MergeDecision): boolean =>
  result === 'joined' && (labels.length === 0 || labels.some(({ from }) => from !== 'theirs'))

/** @param upstream the name of their branch */
export function joinedOf({ decisions, conflicts }: VaultMerge, upstream: string): Joined[] {
  const unsigned = conflicts.filter(({ reason }) => reason === 'no signer')
  return [
    ...decisions.filter(isJoined).map(each => describe(each, upstream)),
    ...unsigned.map(({ name }) => ({ name, decided: [] }))
  ]
}

function describe({ name, labels, versions }: MergeDecision, upstream: string): Joined {
  const side = (from: string): string =>
    from === 'theirs' ? ` from ${upstream}` : from === 'ours' ? ' from here' : ''
  return {
    name,
    decided: [
      ...labels.map(({ label, version, from }) =>
        version === undefined ? `${label}: removed${side(from)}` : `${label}: version ${version}${side(from)}`
      ),
      ...versions
        .filter(({ isKept }) => !isKept)
        .map(({ version, writer }) => `version ${version} by ${writer}: pruned`)
    ]
  }
}
