import { VaultError } from '../../core/errors.js'
import { detached, refuseInProgress } from '../../system/commit/obstacles.js'
import { readHead } from '../../system/git/head.js'
import type { Place } from '../../system/git/place.js'

export interface SyncHead {
  readonly branch: string
  readonly oid: string
}

/** Returns the branch and its newest commit. Throws `RepositoryState` if there is none, or a merge or rebase is in progress. */
export async function headToSync(place: Place): Promise<SyncHead> {
  const { branch, oid } = await readHead(place)
  await refuseInProgress(place)
  if (branch === undefined) throw detached()
  if (oid === undefined)
    throw new VaultError('RepositoryState', 'this branch has no commits yet', {
      hint: 'make a vault with git-vault init, or get one with git-vault clone URL'
    })
  return { branch, oid }
}

/** Returns the error for two histories without a common commit. */
export function unrelated(name: string, isShallow: boolean): VaultError {
  return isShallow
    ? new VaultError(
        'RepositoryState',
        `this clone is shallow, and lacks the commit that it shares with ${name}`,
        {
          hint: 'git fetch --unshallow'
        }
      )
    : new VaultError('RepositoryState', `${name} has no commit in common with this branch`, {
        hint: 'this may be the wrong remote: git remote -v'
      })
}
