import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Config } from '../git/config.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'

const OPERATIONS: readonly (readonly [file: string, what: string, command: string])[] = [
  ['MERGE_HEAD', 'a merge', 'merge'],
  ['rebase-merge', 'a rebase', 'rebase'],
  ['rebase-apply', 'a rebase or am', 'rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick', 'cherry-pick'],
  ['REVERT_HEAD', 'a revert', 'revert'],
  ['sequencer', 'a cherry-pick or revert', 'cherry-pick'],
  ['BISECT_LOG', 'a bisect', 'bisect']
]

/** Throws `RepositoryState` if the user has a merge, rebase or the like in progress, which a commit would disturb. */
export async function refuseInProgress(place: Place): Promise<void> {
  for (const [file, what, command] of OPERATIONS) {
    if (!existsSync(join(place.gitDir, file))) continue
    await refuseInterrupted(place)
    throw inProgress(what, command)
  }
  if (!existsSync(join(place.commonDir, 'reftable'))) return
  // with a reftable, these two are refs and not files
  for (const name of ['CHERRY_PICK_HEAD', 'REVERT_HEAD']) {
    const { code } = await git(place, ['rev-parse', '--verify', '--quiet', name], { accept: [0, 1] })
    const operation = OPERATIONS.find(([file]) => file === name)
    if (code === 0 && operation !== undefined) throw inProgress(operation[1], operation[2])
  }
}

/** Throws `RepositoryState` if git was interrupted in a merge, which then must not be concluded as it is. */
export async function refuseInterrupted(place: Place): Promise<void> {
  const { interruptedMerge } = await import('./leftOut.js')
  const found = await interruptedMerge(place)
  if (found === 'lacks a commit')
    throw new VaultError('RepositoryState', 'git merge was interrupted, and would take back a newer commit', {
      hint: 'git-vault doctor --fix'
    })
  if (found === 'merged nothing')
    throw new VaultError('RepositoryState', 'a merge is in progress in this work tree', {
      hint: 'git has merged nothing yet, and git commit would leave out the other branch: git merge --abort, and merge again'
    })
}

/** Throws `RepositoryState` for a bare repository. */
export function refuseBare(place: Place, config: Config): void {
  // a linked work tree of a bare repository can take a commit
  if (place.gitDir !== place.commonDir || !config.flag('core.bare')) return
  throw new VaultError('RepositoryState', 'this repository is configured as bare (core.bare)', {
    hint: 'if it has a work tree, run: git config core.bare false'
  })
}

export function detached(): VaultError {
  return new VaultError('RepositoryState', 'HEAD is detached, so there is no branch to commit to', {
    hint: 'switch to a branch, or make one with: git switch -c <name>'
  })
}

function inProgress(what: string, command: string): VaultError {
  const hint = `finish it, or abort it with: git ${command} ${command === 'bisect' ? 'reset' : '--abort'}`
  return new VaultError('RepositoryState', `${what} is in progress in this work tree`, { hint })
}
