import { VaultError } from '../../core/errors.js'
import type { JournalFile } from '../commit/journal.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { remoteFailed, remoteGit, type Dialogue } from './remoteGit.js'

/** Returns a merge base of two commits; `undefined` if their histories are unrelated. */
export async function mergeBase(place: Place, a: string, b: string): Promise<string | undefined> {
  const { code, output } = await git(place, ['merge-base', a, b], { accept: [0, 1] })
  return code === 0 ? output.toString('latin1').trim() : undefined
}

/**
 * Returns the newest commit that a commit has in common with the branches of a remote, as last fetched; `undefined` if there
 * is none.
 */
export async function baseWithRemote(
  place: Place,
  remote: string,
  commit: string
): Promise<string | undefined> {
  const args = ['for-each-ref', '--format=%(objecttype) %(objectname)', `refs/remotes/${remote}/`]
  const { output } = await git(place, args)
  const lines = output.toString('latin1').split('\n')
  const tips = lines.flatMap(line => (line.startsWith('commit ') ? [line.slice('commit '.length)] : []))
  if (tips.length === 0) return undefined
  const { code, output: base } = await git(place, ['merge-base', commit, ...new Set(tips)], {
    accept: [0, 1]
  })
  return code === 0 ? base.toString('latin1').trim() : undefined
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

/** Returns the regular files at or below `folder` that differ between two commits, those written first. */
export async function changedFiles(
  place: Place,
  from: string,
  to: string,
  folder: string
): Promise<JournalFile[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to]
  const { output } = await git(place, [...args, '--', folder])
  const fields = output.toString('utf8').split('\0')
  const files: JournalFile[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [before = '', after = '', old = '', made = ''] = (fields[at] ?? '').slice(1).split(' ')
    const modes = [before, after].filter(mode => !/^0+$/.test(mode))
    if (!modes.every(mode => mode.startsWith('100'))) continue
    const idOf = (oid: string): string | null => (/^0+$/.test(oid) ? null : oid)
    files.push({ path: fields[at + 1] ?? '', mode: modes.at(-1) ?? '', old: idOf(old), new: idOf(made) })
  }
  return [...files.filter(file => file.new !== null), ...files.filter(file => file.new === null)]
}

/** Returns the commits that a ref has named, newest first, as far as git remembers. */
export async function earlierTips(place: Place, ref: string): Promise<string[]> {
  const args = ['reflog', 'show', '--format=%H', '--max-count=1000', ref, '--']
  const { output } = await git(place, args, { accept: [0, 128] })
  return output
    .toString('latin1')
    .split('\n')
    .filter(line => line !== '')
}

/** How many rounds of fetching missing objects there may be: each goes one folder deeper. */
const MAX_ROUNDS = 64

/**
 * In a partial clone, fetches the objects below `paths` that the commits of `to` and not of `from` name and that the clone
 * lacks, in few requests. git itself would fetch them one by one. Without `from`: those of the commits `to` alone.
 */
export async function fetchMissing(
  place: Place,
  { from, to, paths }: { from: string | undefined; to: readonly string[]; paths: readonly string[] },
  dialogue: Dialogue
): Promise<void> {
  const partial = await partialRemote(place)
  if (partial === undefined) return
  const { remote, filter } = partial
  const commits = from === undefined ? to.map(commit => `${commit}^{tree}`) : [...to, `^${from}`]
  // git needs all folders before it can look for paths
  if (filter !== 'blob:none')
    await fetchListed(place, remote, ['--filter=blob:none', ...commits, '--'], dialogue)
  await fetchListed(place, remote, [...commits, '--', ...paths], dialogue)
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
