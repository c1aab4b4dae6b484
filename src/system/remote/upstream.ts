import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { Config } from '../git/config.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'

/** The branch of a remote that a local branch is kept in step with. */
export interface Upstream {
  /** The remote's name, or a URL. */
  readonly remote: string
  /** The branch at the remote, such as `refs/heads/main`. */
  readonly ref: string
  /** The local ref that a fetch updates. */
  readonly tracking: string
  /** For people, such as `origin/main`. */
  readonly name: string
  /** The same for a git command. */
  readonly revision: string
  /** Whether the branch's configuration names it. */
  readonly isConfigured: boolean
  /** Whether nobody has named one: neither the branch's configuration nor the user. */
  readonly isUnset: boolean
  /** The branch that commits are pushed to. Differs from the upstream in a fork. */
  readonly push: { readonly remote: string; readonly ref: string; readonly name: string }
}

const BRANCHES = 'refs/heads/'

/**
 * Returns the upstream of a branch: the configured one, else the branch of the same name of `origin`, or of the only remote.
 * Throws `RepositoryState` if there is none.
 * @param branch such as `refs/heads/main`
 * @param remote the remote to use instead of the configured one
 */
export async function upstreamOf(place: Place, branch: string, remote?: string): Promise<Upstream> {
  const config = await Config.read(place)
  const name = branch.replace(BRANCHES, '')
  const own = { remote: config.text(`branch.${name}.remote`), ref: config.text(`branch.${name}.merge`) }
  const chosen = remote ?? own.remote ?? (await onlyRemote(place, name))
  if (chosen === '.') throw localUpstream(name)
  if (remote !== undefined && !(await remotes(place)).includes(remote)) throw unknownRemote(remote)
  const isConfigured = chosen === own.remote && own.ref !== undefined
  const ref = isConfigured && own.ref !== undefined ? own.ref : branch
  const pushRemote =
    remote ?? config.text(`branch.${name}.pushremote`) ?? config.text('remote.pushdefault') ?? chosen
  const pushRef = pushRemote === chosen ? ref : branch
  const tracking =
    (await trackingOf(place, chosen, ref)) ?? `refs/git-vault/fetched/${ref.replace('refs/', '')}`
  return {
    remote: chosen,
    ref,
    tracking,
    revision: tracking.replace('refs/remotes/', ''),
    name: nameOf(chosen, ref),
    isConfigured,
    isUnset: remote === undefined && own.remote === undefined && own.ref === undefined,
    push: { remote: pushRemote, ref: pushRef, name: nameOf(pushRemote, pushRef) }
  }
}

/**
 * Writes the upstream of a branch to the repository's configuration, as `git push -u` does, if it was unset. Replaces none
 * that somebody has set meanwhile.
 */
export async function setUpstream(place: Place, { remote, ref, isUnset }: Upstream): Promise<void> {
  if (!isUnset) return
  // a branch without an upstream is kept in step with the one of the same name
  const section = `branch.${ref.replace(BRANCHES, '')}`
  const config = await Config.read(place)
  if ((config.text(`${section}.remote`) ?? config.text(`${section}.merge`)) !== undefined) return
  const rebases = /^(?:always|remote)$/.test(config.text('branch.autosetuprebase') ?? '')
  const settings = { remote, merge: ref, ...(rebases ? { rebase: 'true' } : {}) }
  for (const [key, value] of Object.entries(settings))
    await git(place, ['config', '--local', `${section}.${key}`, value])
}

const nameOf = (remote: string, ref: string): string => {
  const short = ref.replace(BRANCHES, '')
  return remote.includes(':') || remote.includes('/') ? short : `${remote}/${short}`
}

/** Returns the ref that a fetch of `ref` updates, if the remote's configuration says one. */
async function trackingOf(place: Place, remote: string, ref: string): Promise<string | undefined> {
  const args = ['config', '-z', '--get-all', `remote.${remote}.fetch`]
  const { output } = await git(place, args, { accept: [0, 1] })
  for (const spec of output.toString('utf8').split('\0')) {
    const [from = '', to = ''] = spec.replace(/^\+/, '').split(':')
    if (to === '') continue
    if (from === ref) return to
    if (!from.endsWith('*') || !to.endsWith('*') || !ref.startsWith(from.slice(0, -1))) continue
    return `${to.slice(0, -1)}${ref.slice(from.length - 1)}`
  }
  return undefined
}

async function remotes(place: Place): Promise<string[]> {
  const { output } = await git(place, ['remote'])
  return output
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '')
}

async function onlyRemote(place: Place, branch: string): Promise<string> {
  const names = await remotes(place)
  if (names.includes('origin')) return 'origin'
  const [first, second] = names
  if (first !== undefined && second === undefined) return first
  if (first === undefined)
    throw new VaultError('RepositoryState', 'this repository has no remote to sync with', {
      hint: 'add one: git remote add origin URL'
    })
  throw new VaultError('RepositoryState', `the branch ${shown(branch)} has no upstream`, {
    hint: `name one of the remotes (${shown(names.join(', '))}): git-vault sync ${shown(first)}`
  })
}

function unknownRemote(remote: string): VaultError {
  return new VaultError('Usage', `this repository has no remote ${shown(remote)}`, {
    hint: 'git remote -v lists its remotes'
  })
}

function localUpstream(branch: string): VaultError {
  return new VaultError(
    'RepositoryState',
    `the upstream of ${shown(branch)} is a branch of this repository`,
    {
      hint: 'name the remote to sync with, for example: git-vault sync origin'
    }
  )
}
