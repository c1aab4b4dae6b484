import type { ChangedFile } from '../../core/ports.js'
import { components } from '../files/paths.js'
import { Git, git, streamed } from './git.js'
import { changedFile, splitAtNul } from './log.js'
import type { Place } from './place.js'

/** Yields the files below the paths that differ between two commits. Without `from`, yields all files of `to`. */
export async function* readDifference(
  place: Place,
  from: string | undefined,
  to: string,
  paths: readonly string[]
): AsyncGenerator<ChangedFile> {
  for (const path of paths) components(path)
  const process = new Git(place, [
    ...['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', '-O/dev/null'],
    ...['--ignore-submodules=none', '--end-of-options'],
    from ?? (await emptyTree(place)),
    to,
    '--',
    ...paths
  ])
  yield* streamed(process, changedFiles)
}

async function* changedFiles(output: AsyncIterable<Buffer>): AsyncGenerator<ChangedFile> {
  let line: string | undefined
  for await (const token of splitAtNul(output)) {
    if (line === undefined) line = token
    else {
      yield changedFile(token, line)
      line = undefined
    }
  }
}

/** git knows this tree in every repository. Its id depends on the repository's hash. */
async function emptyTree(place: Place): Promise<string> {
  const { output } = await git(place, ['hash-object', '-t', 'tree', '--stdin'], { input: new Uint8Array() })
  return output.toString('utf8').trim()
}
