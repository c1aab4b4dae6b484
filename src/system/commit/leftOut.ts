import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { parseRawDiff } from '../git/rawDiff.js'
import { headDifferences } from './headDifferences.js'
import type { JournalFile } from './journal.js'
import { workTreeBlob } from './repair.js'

/** What a `git merge` that met another process's lock or commit has left. */
export type Interrupted =
  /** Its index lacks a commit that was made meanwhile: to conclude the merge would take that commit's files back. */
  | 'lacks a commit'
  /** Its index is as HEAD: to conclude the merge would leave out the whole other branch. */
  | 'merged nothing'

/**
 * Finds out whether git was interrupted in a merge that is in progress. git reads its index first and locks it later, so it
 * writes an old one over that of a commit which came between. If the index is locked, it records the merge all the same.
 */
export async function interruptedMerge(place: Place): Promise<Interrupted | undefined> {
  if (!existsSync(join(place.gitDir, 'MERGE_HEAD'))) return undefined
  const args = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', 'HEAD', '--']
  const staged = parseRawDiff((await git(place, args)).output)
  if (staged.length === 0) return 'merged nothing'
  const isLeftOut = staged.some(
    ({ status, path, old }) =>
      status !== 'U' && old !== undefined && workTreeBlob(place, path, old.length) === old
  )
  return isLeftOut ? 'lacks a commit' : undefined
}

/**
 * Returns the files that an interrupted merge would take back: the work tree has them as HEAD has them, and the index has an
 * older state or none. What a merge or a person has changed is in the work tree as well.
 */
export async function takenBackByMerge(place: Place, paths: readonly string[]): Promise<JournalFile[]> {
  if ((await interruptedMerge(place)) !== 'lacks a commit') return []
  const { stale } = await headDifferences(place, paths)
  return stale.filter(({ new: head, replaced }) => head !== null && replaced === head)
}
