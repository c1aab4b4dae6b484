import { VaultError } from '../../core/errors.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { remoteFailed, remoteGit, type Dialogue } from './remoteGit.js'

/** Returns a merge base of two commits; `undefined` if their histories are unrelated. */
export async function mergeBase(place: Place, a: string, b: string): Promise<string | undefined> {
  const { code, output } = await git(place, ['merge-base', a, b], { accept: [0, 1] })
  return code === 0 ? output.toString('latin1').trim() : undefined
}

/** Returns how many commits are in the history of `to` and not of `from`. */
export async function countCommits(place: Place, from: string | undefined, to: string): Promise<number> {
  const { output } = await git(place, [
    'rev-list',
    '--count',
    to,
    ...(from === undefined ? [] : [`^${from}`])
  ])
  return Number(output.toString('latin1'))
}

/** Returns the paths at or below `paths` that differ between two commits. */
export async function changedPaths(
  place: Place,
  from: string,
  to: string,
  paths: readonly string[]
): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--ignore-submodules=none', from, to]
  const { output } = await git(place, [...args, '--', ...paths])
  return output
    .toString('utf8')
    .split('\0')
    .filter(path => path !== '')
}

/** How many rounds of fetching missing objects there may be: each goes one folder deeper. */
const MAX_ROUNDS = 64

/**
 * In a partial clone, fetches the objects below `paths` that the commits of `to` and not of `from` name and that the clone
 * lacks, in few requests. git itself would fetch them one by one.
 */
export async function fetchMissing(
  place: Place,
  { from, to, paths }: { from: string; to: readonly string[]; paths: readonly string[] },
  dialogue: Dialogue
): Promise<void> {
  const remote = await promisor(place)
  if (remote === undefined) return
  let last = ''
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const args = ['rev-list', '--objects', '--missing=print', '--no-object-names', ...to, `^${from}`, '--']
    const { output } = await git(place, [...args, ...paths])
    const missing = output
      .toString('latin1')
      .split('\n')
      .flatMap(line => (line.startsWith('?') ? [line.slice(1)] : []))
    if (missing.length === 0) return
    // each line is one of the remote's objects, so none can be taken for an option or a ref
    const fetch = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--quiet', '--no-tags']
    const more = ['--no-write-fetch-head', '--recurse-submodules=no', '--filter=blob:none', '--stdin', remote]
    const input = missing.map(oid => `${oid}\n`).join('')
    if (input === last) throw lacking()
    last = input
    const { code, stderr } = await remoteGit(place, [...fetch, ...more], dialogue, input)
    if (code !== 0) throw remoteFailed(`cannot fetch missing files from ${remote}`, stderr)
  }
}

const lacking = (): VaultError =>
  new VaultError(
    'RepositoryState',
    'this partial clone lacks files of the vault, and its remote does not send them',
    {
      hint: 'fetch all files: git fetch --refetch --no-filter'
    }
  )

/** Returns the remote of a partial clone; `undefined` in a complete clone. */
async function promisor(place: Place): Promise<string | undefined> {
  const { code, output } = await git(place, ['config', '-z', '--get-regexp', '^remote\\..*\\.promisor$'], {
    accept: [0, 1]
  })
  if (code !== 0) return undefined
  return /^remote\.(.*)\.promisor(?:\n|\0)/s.exec(output.toString('utf8'))?.[1]
}
