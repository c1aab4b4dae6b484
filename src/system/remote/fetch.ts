import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { readRef } from '../git/head.js'
import type { Place } from '../git/place.js'
import { remoteFailed, remoteGit, withoutPasswords, type Dialogue } from './remoteGit.js'
import type { Upstream } from './upstream.js'

/**
 * Fetches the upstream branch. Returns its commit, or `undefined` if the remote has no such branch yet. Throws
 * `RemoteFailed` if the remote cannot be reached, and `RepositoryState` if it no longer has the branch.
 */
export async function fetchUpstream(
  place: Place,
  upstream: Upstream,
  dialogue: Dialogue
): Promise<string | undefined> {
  const { remote, ref, tracking } = upstream
  const spec = tracking.startsWith('refs/git-vault/') ? `+${ref}:${tracking}` : ref
  const args = ['fetch', '--quiet', '--no-recurse-submodules', '--end-of-options', remote, spec]
  const { code, stderr } = await remoteGit(place, args, dialogue)
  if (code === 0) return requireCommit(await readRef(place, tracking), upstream)
  if (!/couldn't find remote ref/i.test(stderr)) throw unreachable(remote, stderr)
  if (upstream.isConfigured && (await readRef(place, tracking)) !== undefined) throw deleted(upstream)
  return undefined
}

function unreachable(remote: string, stderr: string): VaultError {
  return remoteFailed(
    `cannot fetch from ${shown(withoutPasswords(remote))}`,
    stderr,
    'nothing was changed; your commits stay here until the next git-vault sync'
  )
}

function requireCommit(oid: string | undefined, { name }: Upstream): string {
  if (oid === undefined) throw new VaultError('GitFailed', `git fetch did not store ${shown(name)}`)
  return oid
}

function deleted({ remote, ref, name }: Upstream): VaultError {
  const branch = shown(ref.replace('refs/heads/', ''))
  return new VaultError('RepositoryState', `${shown(name)} does not exist any more`, {
    hint: `to create it again: git push ${shown(remote)} HEAD:refs/heads/${branch}`
  })
}
