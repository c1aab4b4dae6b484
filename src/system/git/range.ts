import type { RangeCommit } from '../../core/ports.js'
import { Git, streamed } from './git.js'
import { LOG, shownCommits } from './log.js'
import { components } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Flags that show every commit, parents first, with its differences from each of its parents: paths alone would have git
 * leave out those merges that are like one parent.
 */
const RANGE = [
  ...['--reverse', '--topo-order', '--full-history', '--sparse', '--diff-merges=separate'],
  // a file of the repository may say otherwise
  '--ignore-submodules=none'
]

/** The commits that one commit has and another has not. */
export async function* readRange(
  place: Place,
  from: string,
  to: string,
  paths: readonly string[]
): AsyncGenerator<RangeCommit> {
  for (const path of paths) components(path)
  const git = new Git(place, [
    ...['-c', 'log.showRoot=true'],
    ...LOG,
    ...RANGE,
    '--format=%x01%H%n%P%n%ct%n%an%n%B',
    ...['--end-of-options', `${from}..${to}`, '--'],
    ...paths
  ])
  yield* streamed(git, commits)
}

async function* commits(output: AsyncIterable<Buffer>): AsyncGenerator<RangeCommit> {
  let last: Building | undefined
  for await (const { header, files } of shownCommits(output)) {
    const next = building(header)
    // a merge comes once for each parent
    if (last && last.commit !== next.commit) yield last.made()
    const commit: Building = last?.commit === next.commit ? last : next
    for (const { path, line } of files) commit.add(path, newMode(line))
    last = commit
  }
  if (last) yield last.made()
}

interface Building {
  readonly commit: string
  add(path: string, mode: string | undefined): void
  made(): RangeCommit
}

function building(header: string): Building {
  const [commit = '', ids = '', seconds = '', author = '', ...message] = header.split('\n')
  const parents = ids.split(' ').filter(parent => parent !== '')
  const files = new Map<string, { mode: string | undefined; times: number }>()
  return {
    commit,
    add: (path, mode) => files.set(path, { mode, times: (files.get(path)?.times ?? 0) + 1 }),
    made: () => ({
      commit,
      parents,
      time: Number(seconds) * 1000,
      author,
      message: message.join('\n').trimEnd(),
      files: [...files].map(([path, { mode, times }]) => ({ path, mode, isOwn: times >= parents.length }))
    })
  }
}

/** `:100644 100755 <old> <new> M`; undefined where the commit has nothing there. */
function newMode(line: string): string | undefined {
  const mode = line.split(' ')[1] ?? ''
  return /^0*$/.test(mode) ? undefined : mode
}
