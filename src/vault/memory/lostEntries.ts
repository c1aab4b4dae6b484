import { CAPS } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import { VaultError } from '../../core/errors.js'
import type { History, Repository } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { pinnedBytes } from './pin.js'

/** The most commits that are searched for the pinned log. */
const MAX_COMMITS = 100

/**
 * Returns the command that ends it if a branch lacks entries of the access log that this clone has verified: to bring them
 * back from the branch's history, as after a `git revert`; to merge a commit that has them, even one that no branch has any
 * more; or else to accept the shorter log.
 */
export async function lostEntriesHint(
  repository: Repository & History,
  { access }: Pick<Place, 'access'>
): Promise<string> {
  const pin = await pinnedBytes(repository.memory)
  let left = MAX_COMMITS
  for await (const commit of repository.anywhere([access])) {
    if (left-- === 0) break
    const bytes = await repository.treeOf(commit).read(access, CAPS.access.bytes).catch(ignoreRefusal)
    if (!bytes || !pin || !isSameBytes(bytes, pin)) continue
    const isReverted = await repository.isAncestor(commit, 'HEAD')
    return isReverted ? 'git-vault resolve' : `git merge ${commit.slice(0, 12)}`
  }
  return 'git-vault trust'
}

/** A commit may be one that a partial clone lacks, or have a link in the log's place. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof VaultError)) throw error
  return undefined
}
