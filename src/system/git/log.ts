import type { CommitEntry, LogOptions } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { Git, streamed } from './git.js'
import { readHead } from './head.js'
import { components } from '../files/paths.js'
import type { Place } from './place.js'

/**
 * Flags against the user's configuration of `git log`, and a format that no message can imitate: it has no
 * NUL in it, and only a header begins with \x01 where a header may stand.
 */
export const LOG = [
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

/** Newest first, as git finds them; whoever stops listening stops git. */
export async function* readLog(place: Place, options: LogOptions): AsyncGenerator<CommitEntry> {
  const { oid } = await readHead(place)
  if (oid === undefined) return
  for (const path of options.paths) components(path)
  const git = new Git(place, [
    ...['-c', 'log.showRoot=true'],
    ...LOG,
    // A merge shows what it has from none of its parents.
    '--diff-merges=combined',
    '--format=%x01%H%n%ct%n%an%n%B',
    ...(options.limit === undefined ? [] : [`--max-count=${options.limit}`]),
    ...(options.grep === undefined ? [] : ['--fixed-strings', `--grep=${options.grep}`]),
    ...['--end-of-options', oid, '--'],
    ...options.paths
  ])
  yield* streamed(git, entries)
}

async function* entries(output: AsyncIterable<Buffer>): AsyncGenerator<CommitEntry> {
  for await (const { header, files } of shownCommits(output))
    yield { ...entry(header), files: files.map(({ path, line }) => ({ path, blob: newBlob(line) })) }
}

interface ShownCommit {
  /** As `--format` has it, without the mark before it. */
  readonly header: string
  /** Each with git's raw line about it. */
  readonly files: { readonly path: string; readonly line: string }[]
}

/** The commits that `git log -z --raw` shows under a format that begins with \x01. */
export async function* shownCommits(output: AsyncIterable<Buffer>): AsyncGenerator<ShownCommit> {
  let commit: ShownCommit | undefined
  let about: string | undefined
  for await (const token of tokens(output)) {
    if (about !== undefined) {
      commit?.files.push({ path: token, line: about })
      about = undefined
    } else if (token.startsWith('\x01')) {
      if (commit !== undefined) yield commit
      commit = { header: token.slice(1), files: [] }
    } else {
      // The first of a commit's files stands on a line of its own; a merge without any has an empty one.
      const line = token.replace(/^\n/, '')
      if (line.startsWith(':')) about = line
      else if (line !== '') throw new VaultError('GitFailed', 'git log answered something unexpected')
    }
  }
  if (commit !== undefined) yield commit
}

function entry(header: string): Omit<CommitEntry, 'files'> {
  const [commit = '', seconds = '', author = '', ...message] = header.split('\n')
  return { commit, time: Number(seconds) * 1000, author, message: message.join('\n').trimEnd() }
}

/** `:100644 100644 <old> <new> M`; a merge has a colon, a mode and an id more for each parent. */
function newBlob(line: string): string | undefined {
  const oid = line.split(' ').at(-2) ?? ''
  return /^0*$/.test(oid) ? undefined : oid
}

/** What a NUL ends, one after the other. */
export async function* tokens(output: AsyncIterable<Buffer>): AsyncGenerator<string> {
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
