import type { CommitEntry, LogOptions } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { Git, streamed } from './git.js'
import { readHead } from './head.js'
import { components } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Overrides the user's configuration of `git log`. No commit message can imitate the output: a message has no NUL, and
 * after a NUL only a header begins with \x01.
 */
export const LOG_ARGUMENTS = [
  'log',
  ...['-z', '--raw', '--no-abbrev', '--no-renames', '--no-follow', '--no-color', '--no-ext-diff'],
  ...[
    '--no-show-signature',
    '--no-notes',
    '--no-mailmap',
    '--no-decorate',
    '--no-relative',
    '--encoding=UTF-8'
  ],
  '-O/dev/null'
]

/** Yields commits newest first, as git finds them. If the consumer stops early, git is killed. */
export async function* readLog(place: Place, options: LogOptions): AsyncGenerator<CommitEntry> {
  const { oid } = await readHead(place)
  if (oid === undefined) return
  for (const path of options.paths) components(path)
  const git = new Git(place, [
    ...['-c', 'log.showRoot=true'],
    ...LOG_ARGUMENTS,
    // for a merge, only files that differ from every parent
    '--diff-merges=combined',
    '--format=%x01%H%n%ct%n%an%n%B',
    ...(options.limit === undefined ? [] : [`--max-count=${options.limit}`]),
    ...(options.grep === undefined ? [] : ['--fixed-strings', `--grep=${options.grep}`]),
    ...['--end-of-options', oid, '--'],
    ...options.paths
  ])
  yield* streamed(git, entries)
}

/** Yields the ids of the commits that change a path, newest first, of every ref and of the reflogs. */
export async function* readAnywhere(place: Place, paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) components(path)
  const git = new Git(place, [
    ...['log', '-z', '--all', '--reflog', '--full-history', '--no-show-signature', '--no-notes'],
    ...['--no-decorate', '--no-color', '--format=%H', '--end-of-options', '--'],
    ...paths
  ])
  yield* streamed(git, splitAtNul)
}

async function* entries(output: AsyncIterable<Buffer>): AsyncGenerator<CommitEntry> {
  for await (const { header, files } of parseCommits(output))
    yield { ...entry(header), files: files.map(({ path, line }) => ({ path, blob: newBlob(line) })) }
}

interface ParsedCommit {
  /** The output of `--format` without the \x01. */
  readonly header: string
  /** Each with its line of `--raw`. */
  readonly files: { readonly path: string; readonly line: string }[]
}

/** Parses the output of `git log -z --raw` with a format that begins with \x01. */
export async function* parseCommits(output: AsyncIterable<Buffer>): AsyncGenerator<ParsedCommit> {
  let commit: ParsedCommit | undefined
  let rawLine: string | undefined
  for await (const token of splitAtNul(output)) {
    if (rawLine !== undefined) {
      commit?.files.push({ path: token, line: rawLine })
      rawLine = undefined
    } else if (token.startsWith('\x01')) {
      if (commit !== undefined) yield commit
      commit = { header: token.slice(1), files: [] }
    } else {
      // a newline comes before a commit's first file; a merge without files has only the newline
      const line = token.replace(/^\n/, '')
      if (line.startsWith(':')) rawLine = line
      else if (line !== '') throw new VaultError('GitFailed', 'unexpected output from git log')
    }
  }
  if (commit !== undefined) yield commit
}

function entry(header: string): Omit<CommitEntry, 'files'> {
  const [commit = '', seconds = '', author = '', ...message] = header.split('\n')
  return { commit, time: Number(seconds) * 1000, author, message: message.join('\n').trimEnd() }
}

/** Parses `:100644 100644 <old> <new> M`. A merge has one more colon, mode and id for each further parent. */
function newBlob(line: string): string | undefined {
  const oid = line.split(' ').at(-2) ?? ''
  return /^0*$/.test(oid) ? undefined : oid
}

/** Yields each string that a NUL ends. */
export async function* splitAtNul(output: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of output) {
    let start = 0
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8')
      rest = []
      start = end + 1
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  }
}
