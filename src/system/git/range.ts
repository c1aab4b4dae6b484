import type { RangeCommit } from '../../core/ports.js'
import { Git, streamed } from './git.js'
import { LOG_ARGUMENTS, parseCommits } from './log.js'
import { components } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Shows every commit, parents first, with its differences from each parent. With paths alone, git would skip merges that
 * equal one parent.
 */
const RANGE_ARGUMENTS = [
  ...['--reverse', '--topo-order', '--full-history', '--sparse', '--diff-merges=separate'],
  // overrides the repository's .gitmodules
  '--ignore-submodules=none'
]

/**
 * Yields the commits of `from..to`, parents first, with the files that they change below the paths. Without `from`, the
 * whole history of `to`.
 */
export async function* readRange(
  place: Place,
  from: string | undefined,
  to: string,
  paths: readonly string[]
): AsyncGenerator<RangeCommit> {
  for (const path of paths) components(path)
  const git = new Git(place, [
    ...['-c', 'log.showRoot=true'],
    ...LOG_ARGUMENTS,
    ...RANGE_ARGUMENTS,
    '--format=%x01%H%n%P%n%ct%n%an%n%B',
    ...['--end-of-options', from === undefined ? to : `${from}..${to}`, '--'],
    ...paths
  ])
  yield* streamed(git, commits)
}

async function* commits(output: AsyncIterable<Buffer>): AsyncGenerator<RangeCommit> {
  let last: CommitBuilder | undefined
  for await (const { header, files } of parseCommits(output)) {
    const next = commitBuilder(header)
    // a merge is shown once for each parent
    if (last && last.commit !== next.commit) yield last.build()
    const commit: CommitBuilder = last?.commit === next.commit ? last : next
    for (const { path, line } of files) commit.add(path, newMode(line))
    last = commit
  }
  if (last) yield last.build()
}

interface CommitBuilder {
  readonly commit: string
  add(path: string, mode: string | undefined): void
  build(): RangeCommit
}

function commitBuilder(header: string): CommitBuilder {
  const [commit = '', ids = '', seconds = '', author = '', ...message] = header.split('\n')
  const parents = ids.split(' ').filter(parent => parent !== '')
  const files = new Map<string, { mode: string | undefined; times: number }>()
  return {
    commit,
    add: (path, mode) => files.set(path, { mode, times: (files.get(path)?.times ?? 0) + 1 }),
    build: () => ({
      commit,
      parents,
      time: Number(seconds) * 1000,
      author,
      message: message.join('\n').trimEnd(),
      files: [...files].map(([path, { mode, times }]) => ({ path, mode, isOwn: times >= parents.length }))
    })
  }
}

/** Parses `:100644 100755 <old> <new> M`. Returns undefined if the commit removes the file. */
function newMode(line: string): string | undefined {
  const mode = line.split(' ')[1] ?? ''
  return /^0*$/.test(mode) ? undefined : mode
}
