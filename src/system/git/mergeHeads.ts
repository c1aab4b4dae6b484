import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readIfExists } from '../files/files.js'
import { git } from './git.js'
import type { Place } from './place.js'

/** The commits that git may be merging now, as far as it says. */
export interface MergeHeads {
  /** Of a merge: the other side. */
  readonly merged: readonly string[]
  /** Commits that a rebase, cherry-pick or revert may be about, the likeliest first. */
  readonly picked: readonly string[]
}

/** Whether the next commit is a merge. */
export const isMerging = ({ gitDir }: Place): boolean => existsSync(join(gitDir, 'MERGE_HEAD'))

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
const PICK = /^(?:p|pick|r|reword|e|edit|s|squash|f|fixup)(?: -[cC])? ([0-9a-f]{40,64})(?: |$)/
/** Files in the git directory that begin with a commit, or have one in each line. */
const FILES = [
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'rebase-apply/original-commit',
  'rebase-merge/stopped-sha',
  'REBASE_HEAD',
  'rebase-merge/orig-head',
  'rebase-apply/orig-head',
  'FETCH_HEAD'
]

/**
 * Returns what git tells a merge driver about the commits: `git merge` sets GITHEAD_<id> for the other side, a rebase
 * writes the commit that it applies to a file, and a single cherry-pick or revert says nothing.
 */
export function mergeHeads(
  place: Place,
  env: Readonly<Record<string, string | undefined>>,
  head: string | undefined
): MergeHeads {
  const named = Object.keys(env).flatMap(name => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? [])
  const done = lines(place, 'rebase-merge/done').at(-1) ?? ''
  const current = PICK.exec(done)?.[1]
  const others = FILES.flatMap(file => lines(place, file)).map(line => line.split(/\s/, 1)[0] ?? '')
  const picked = [...(current === undefined ? [] : [current]), ...others.filter(word => OID.test(word))]
  return {
    merged: named.filter(oid => oid !== head),
    picked: [...new Set(picked)].filter(oid => oid !== head)
  }
}

function lines({ gitDir }: Place, file: string): string[] {
  const text = readIfExists(join(gitDir, file))?.toString('utf8') ?? ''
  return text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'))
}

/** Returns the commits that branches and the stash are at, newest first. */
export async function refTips(place: Place, limit: number): Promise<string[]> {
  const format = ['--sort=-committerdate', `--count=${limit}`, '--format=%(objectname)']
  const { output } = await git(place, [
    'for-each-ref',
    ...format,
    'refs/heads/',
    'refs/remotes/',
    'refs/stash'
  ])
  return [
    ...new Set(
      output
        .toString('utf8')
        .split('\n')
        .filter(oid => OID.test(oid))
    )
  ]
}
