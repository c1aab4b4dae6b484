import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Tree } from '../../core/ports.js'
import { components } from '../files/paths.js'
import { git } from '../git/git.js'
import { splitNul } from '../git/splitNul.js'
import type { Place } from '../git/place.js'
import { StageTree, type StagedFile } from './stageTree.js'

/** How git came to the conflict, the commit of the other side, and what ends it. */
interface InProgress {
  readonly operation: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'other'
  /** Absent if no commit is merged, as by `git stash pop`. */
  readonly theirs?: string
  readonly base?: string
  /** The command that concludes it. */
  readonly next: string
}

/** The vault's files that git could not merge. */
export interface Unmerged extends Pick<InProgress, 'operation'> {
  /** Returns the command that concludes it, once the result is staged. */
  next(): Promise<string>
  /** The files in conflict. */
  readonly paths: ReadonlySet<string>
  /** Every file that the other side has changed, those in conflict included. */
  readonly changed: ReadonlySet<string>
  readonly base: Tree
  readonly ours: Tree
  readonly theirs: Tree
  /** The commits of both sides of a merge. Absent otherwise: a picked or reverted commit is no side. */
  readonly commits?: { readonly ours: string; readonly theirs: string }
  /** The commit of ours; absent on a branch without one. */
  readonly head?: string
  /** The commit of the base: of a merge, the merge base, and otherwise the parent of the commit that is applied. */
  readonly since?: string
}

const NOTHING: Tree = { read: async () => undefined }

/**
 * Finds a merge, rebase, cherry-pick, revert or the like that git has left with conflicts below a folder. Returns
 * `undefined` if nothing is in conflict there.
 */
export async function findUnmerged(
  place: Place,
  folder: string,
  treeOf: (commit: string) => Tree,
  blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
): Promise<Unmerged | undefined> {
  components(folder)
  const stages = await readStages(place, folder)
  const paths = new Set(stages.flatMap(files => [...files.keys()]))
  if (paths.size === 0) return undefined
  const { operation, next, theirs, base } = await inProgress(place)
  const head = await commitOf(place, 'HEAD')
  const side = (stage: number, commit: string | undefined): Tree => {
    const files = new Map<string, StagedFile | undefined>()
    for (const path of paths) files.set(path, stages[stage - 1]!.get(path))
    return new StageTree(files, commit === undefined ? NOTHING : treeOf(commit), blob)
  }
  // A branch's change is its difference from ours. A picked or reverted commit is a difference by itself.
  const since = operation === 'merge' ? head : base
  const changed = theirs && since ? await differences(place, since, theirs, folder) : []
  const isMerge = operation === 'merge' && head !== undefined && theirs !== undefined
  return {
    ...{ operation, paths },
    ...(isMerge ? { commits: { ours: head, theirs } } : {}),
    ...(head === undefined ? {} : { head }),
    ...(base === undefined ? {} : { since: base }),
    next: async () =>
      operation === 'merge' || (await hasStaged(place)) ? next : next.replace('--continue', '--skip'),
    changed: new Set([...paths, ...changed]),
    base: side(1, base),
    ours: side(2, head),
    theirs: side(3, theirs ?? head)
  }
}

/** The files in conflict by stage: base, ours, theirs. */
async function readStages(place: Place, folder: string): Promise<Map<string, StagedFile>[]> {
  const { output } = await git(place, ['ls-files', '-z', '--unmerged', '--', `${folder}/`])
  const stages = [new Map<string, StagedFile>(), new Map<string, StagedFile>(), new Map<string, StagedFile>()]
  for (const line of splitNul(output)) {
    const [, mode = '', oid = '', stage = '1', path = ''] =
      /^(\d+) ([0-9a-f]+) ([123])\t([^]*)$/.exec(line) ?? []
    stages[Number(stage) - 1]!.set(path, { mode, oid })
  }
  return stages
}

async function inProgress(place: Place): Promise<InProgress> {
  const merged = await commitOf(place, 'MERGE_HEAD')
  if (merged !== undefined) {
    const base = await mergeBase(place, merged)
    return { operation: 'merge', theirs: merged, ...(base === undefined ? {} : { base }), next: 'git commit' }
  }
  const reverted = await commitOf(place, 'REVERT_HEAD')
  if (reverted !== undefined) {
    const theirs = await commitOf(place, `${reverted}^`)
    return {
      operation: 'revert',
      ...(theirs === undefined ? {} : { theirs }),
      base: reverted,
      next: 'git revert --continue'
    }
  }
  const isRebase = ['rebase-merge', 'rebase-apply'].some(folder => existsSync(join(place.gitDir, folder)))
  const operation = isRebase ? 'rebase' : 'cherry-pick'
  // during a rebase there may be a CHERRY_PICK_HEAD as well
  const theirs = await commitOf(place, isRebase ? 'REBASE_HEAD' : 'CHERRY_PICK_HEAD')
  if (theirs === undefined) return { operation: 'other', next: 'git commit' }
  const base = await commitOf(place, `${theirs}^`)
  return { operation, theirs, ...(base === undefined ? {} : { base }), next: `git ${operation} --continue` }
}

async function commitOf(place: Place, revision: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const { code, output } = await git(place, args, { accept: [0, 1, 128] })
  return code === 0 ? output.toString('latin1').trimEnd().split('\n').at(-1) : undefined
}

async function mergeBase(place: Place, commit: string): Promise<string | undefined> {
  const { code, output } = await git(place, ['merge-base', 'HEAD', commit], { accept: [0, 1] })
  return code === 0 ? output.toString('latin1').trimEnd().split('\n')[0] : undefined
}

/** Whether anything is staged. Otherwise there is nothing to commit. */
async function hasStaged(place: Place): Promise<boolean> {
  const { code } = await git(place, ['diff-index', '--cached', '--quiet', 'HEAD', '--'], { accept: [0, 1] })
  return code === 1
}

async function differences(place: Place, from: string, to: string, folder: string): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to, '--', `${folder}/`]
  return splitNul((await git(place, args)).output)
}
