import type { RemovedFile } from '../../core/ports.js'
import { components } from '../files/paths.js'
import { Git, streamed } from './git.js'
import { LOG_ARGUMENTS, parseCommits } from './log.js'
import type { Place } from './place.js'

/**
 * Yields the files below the paths that the history of a commit has removed, newest first. Leaves out merges. Stops at
 * commits from before `since`, in milliseconds since the Unix epoch.
 */
export async function* readRemoved(
  place: Place,
  commit: string,
  since: number,
  paths: readonly string[]
): AsyncGenerator<RemovedFile> {
  for (const path of paths) components(path)
  const git = new Git(place, [
    ...LOG_ARGUMENTS,
    ...['--full-history', '--no-merges', '--diff-filter=D', '--ignore-submodules=none'],
    ...[`--max-age=${Math.max(0, Math.floor(since / 1000))}`, '--format=%x01%H%n%P'],
    ...['--end-of-options', commit, '--'],
    ...paths
  ])
  yield* streamed(git, removedFiles)
}

async function* removedFiles(output: AsyncIterable<Buffer>): AsyncGenerator<RemovedFile> {
  for await (const { header, files } of parseCommits(output)) {
    const [by = '', parent = ''] = header.trimEnd().split('\n')
    for (const { path } of files) yield { path, by, parent }
  }
}
