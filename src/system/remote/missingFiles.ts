import { VaultError } from '../../core/errors.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { remoteFailed, remoteGit, type Dialogue } from './remoteGit.js'

/** How many rounds of fetching missing objects there may be: each goes one folder deeper. */
const MAX_ROUNDS = 64

/** Objects that a partial clone may lack. */
interface Missing {
  /** `undefined` for the objects of the commits `to` alone. */
  readonly from: string | undefined
  readonly to: readonly string[]
  readonly paths: readonly string[]
}

/**
 * Returns a function that fetches, in a partial clone, the objects below `paths` that the commits of `to` and not of `from`
 * name and that the clone lacks, in few requests. git itself would fetch them one by one.
 */
export function missingFetcher(place: Place, dialogue: Dialogue): (missing: Missing) => Promise<void> {
  let partial: ReturnType<typeof partialRemote> | undefined
  return async ({ from, to, paths }) => {
    const found = await (partial ??= partialRemote(place))
    if (found === undefined) return
    const { remote, filter } = found
    const commits = from === undefined ? to.map(commit => `${commit}^{tree}`) : [...to, `^${from}`]
    // git needs all folders before it can look for paths
    if (filter !== 'blob:none')
      await fetchListed(place, remote, ['--filter=blob:none', ...commits, '--'], dialogue)
    await fetchListed(place, remote, [...commits, '--', ...paths], dialogue)
  }
}

async function fetchListed(
  place: Place,
  remote: string,
  listed: readonly string[],
  dialogue: Dialogue
): Promise<void> {
  let last = ''
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const list = ['rev-list', '--objects', '--missing=print', '--no-object-names', ...listed]
    const { output } = await git(place, list)
    const lines = output.toString('latin1').split('\n')
    const missing = lines.flatMap(line => (line.startsWith('?') ? [`${line.slice(1)}\n`] : [])).join('')
    if (missing === '') return
    if (missing === last) throw lacking()
    last = missing
    const fetch = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--quiet', '--no-tags']
    const more = ['--no-write-fetch-head', '--recurse-submodules=no', '--filter=blob:none', '--stdin', remote]
    const { code, stderr } = await remoteGit(place, [...fetch, ...more], dialogue, missing)
    if (code !== 0) throw remoteFailed(`cannot fetch missing files from ${remote}`, stderr)
  }
}

const lacking = (): VaultError =>
  new VaultError(
    'RepositoryState',
    'this partial clone lacks files of the vault, and its remote does not send them',
    { hint: 'fetch all files: git fetch --refetch --no-filter' }
  )

/** Returns the remote of a partial clone and what it leaves out; `undefined` in a complete clone. */
async function partialRemote(place: Place): Promise<{ remote: string; filter: string } | undefined> {
  const pattern = '^remote\\..*\\.(promisor|partialclonefilter)$'
  const { code, output } = await git(place, ['config', '-z', '--get-regexp', pattern], { accept: [0, 1] })
  if (code !== 0) return undefined
  const text = output.toString('utf8')
  const remote = /(?:^|\0)remote\.([^\n\0]*)\.promisor[\n\0]/.exec(text)?.[1]
  const filter = /\.partialclonefilter\n([^\0]*)/.exec(text)?.[1] ?? ''
  return remote === undefined ? undefined : { remote, filter }
}
