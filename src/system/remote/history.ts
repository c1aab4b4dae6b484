import type { JournalFile } from '../commit/journal.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { parseRawDiff } from '../git/rawDiff.js'
import { splitNul } from '../git/splitNul.js'

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
  return splitNul(output)
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
  const files: JournalFile[] = []
  for (const { path, oldMode, newMode, old, new: made } of parseRawDiff(output)) {
    const modes = [oldMode, newMode].filter(mode => mode !== undefined)
    if (!modes.every(mode => mode.startsWith('100'))) continue
    files.push({ path, mode: modes.at(-1) ?? '', old: old ?? null, new: made ?? null })
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
