import { join } from 'node:path'
import type { TreeFile } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { Git, git, streamed } from './git.js'
import { splitAtNul } from './log.js'
import { readIfExists } from '../files/files.js'
import { components, shown } from '../files/paths.js'
import type { Place } from './place.js'

/** Yields every file below some folders at a revision, in git's order. */
export async function* listFiles(
  place: Place,
  revision: string,
  folders: readonly string[]
): AsyncGenerator<TreeFile> {
  for (const folder of folders) components(folder)
  const oid = await commitOf(place, revision)
  const below = folders.map(folder => `${folder}/`)
  const listing = new Git(place, ['ls-tree', '-r', '-z', '--full-tree', oid, '--', ...below])
  yield* streamed(listing, files)
}

async function* files(output: AsyncIterable<Buffer>): AsyncGenerator<TreeFile> {
  let last = Buffer.alloc(0)
  for await (const line of splitAtNul(output)) {
    const tab = line.indexOf('\t')
    const [mode = '', , blob = ''] = line.slice(0, tab).split(' ')
    const path = line.slice(tab + 1)
    // A well-formed tree is in this order. A path that is there twice is checked out as one of the two.
    const bytes = Buffer.from(path)
    if (Buffer.compare(last, bytes) >= 0)
      throw new VaultError('GitFailed', `malformed tree: ${shown(path)} is listed twice or out of order`)
    last = bytes
    yield { path, mode, blob }
  }
}

/** Returns the id of the commit that a revision names. Throws `GitFailed` if there is none. */
export async function commitOf(place: Place, revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const { code, output } = await git(place, args, { accept: [0, 1, 128] })
  // git 2.39 also prints --end-of-options
  const oid = output.toString('utf8').trimEnd().split('\n').at(-1) ?? ''
  if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(oid))
    throw new VaultError('GitFailed', `there is no commit ${shown(revision)}`)
  return oid
}

/** Whether `commit` is `descendant` or in its history. False if the clone does not have one of them. */
export async function isAncestor(place: Place, commit: string, descendant: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', '--end-of-options', commit, descendant]
  const { code } = await git(place, args, { accept: [0, 1, 128] })
  return code === 0
}

/** Returns the commits whose parents a shallow clone lacks (gitrepository-layout(5), `shallow`). */
export function shallowCommits({ commonDir }: Place): ReadonlySet<string> {
  const text = readIfExists(join(commonDir, 'shallow'))?.toString('latin1') ?? ''
  return new Set(text.split('\n').filter(line => line !== ''))
}

/** Returns the committer's date of a revision in milliseconds since the Unix epoch; `undefined` if there is no commit. */
export async function commitTime(place: Place, revision: string): Promise<number | undefined> {
  const args = [
    'rev-list',
    '--max-count=1',
    '--no-commit-header',
    '--format=%ct',
    '--end-of-options',
    revision
  ]
  const { code, output } = await git(place, args, { accept: [0, 128, 129] })
  const seconds = output.toString('utf8').trim()
  return code === 0 && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined
}

/**
 * Returns every local and remote-tracking branch except `ref` and the remotes' branches of the same name, which a push of
 * `ref` updates.
 */
export async function otherBranches(place: Place, ref: string): Promise<string[]> {
  const branch = ref.replace(/^refs\/heads\//, '')
  const { output } = await git(place, ['for-each-ref', '--format=%(refname)', 'refs/heads/', 'refs/remotes/'])
  return output
    .toString('utf8')
    .split('\n')
    .flatMap(name => {
      const [, remote, own] = /^refs\/(?:heads|remotes\/([^/]+))\/(.+)$/.exec(name) ?? []
      if (own === undefined || own === branch || (remote !== undefined && own === 'HEAD')) return []
      return [remote === undefined ? own : `${remote}/${own}`]
    })
}
