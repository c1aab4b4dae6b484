import { conflictText } from '../../vault/merging/conflictText.js'
import type { MergeDecision, VaultMerge } from '../../vault/merging/mergeVault.js'
import type { Joined, Unmerged } from './types.js'

const FORKED = 'do what the line above says, then run git-vault sync again'

/**
 * @param revision of their branch
 * @param isRehearsal whether nothing is signed, so that a missing signature is no conflict
 */
export function unmergedOf({ conflicts }: VaultMerge, revision: string, isRehearsal: boolean): Unmerged[] {
  return conflicts
    .filter(({ reason }) => !isRehearsal || reason !== 'no signer')
    .map(conflict => ({
      name: conflict.name,
      path: conflict.path,
      reason: conflictText(conflict).message,
      hint: conflict.reason === 'log forked' ? FORKED : `git merge ${revision}, then git-vault resolve`
    }))
}

/** Whether something of both sides is in the result. What only they changed is described by their commits. */
export const isJoined = ({ result, labels }: MergeDecision): boolean =>
  result === 'joined' && (labels.length === 0 || labels.some(({ from }) => from !== 'theirs'))

/** @param upstream the name of their branch */
export function joinedOf({ decisions, conflicts }: VaultMerge, upstream: string): Joined[] {
  const unsigned = conflicts.filter(({ reason }) => reason === 'no signer')
  return [
    ...decisions.filter(isJoined).map(each => describe(each, upstream)),
    ...unsigned.map(({ name, region }) => ({ name, region, decided: [] }))
  ]
}

/** The region in the path of a secret's folder. The home region is in none. */
const REGION = /^.*?\/(?:regions\/([^/]+)\/)?secrets\//

function describe({ name, path, labels, versions }: MergeDecision, upstream: string): Joined {
  const side = (from: string): string =>
    from === 'theirs' ? ` from ${upstream}` : from === 'ours' ? ' from here' : ''
  return {
    name,
    region: REGION.exec(path)?.[1],
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
