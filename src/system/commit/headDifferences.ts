import type { JournalFile } from './journal.js'
import { workTreeBlob } from './repair.js'
import { git } from '../git/git.js'
import { readHead } from '../git/head.js'
import { readLog } from '../git/log.js'
import type { Place } from '../git/place.js'
import { parseRawDiff, type RawChange } from '../git/rawDiff.js'
import { splitNul } from '../git/splitNul.js'

/** How the index and the work tree differ from HEAD. Files in conflict are left out: see `unmergedFiles`. */
export interface HeadDifferences {
  /** Files of which the index and the work tree have nothing but older states: nobody has edited them. */
  readonly stale: readonly JournalFile[]
  /** Files with a content that HEAD's history does not have. */
  readonly edited: readonly string[]
}

/** In command lines: with more paths, the whole history is read. */
const MAX_PATHS = 500

interface Difference {
  readonly path: string
  readonly mode: string
  readonly head: string | undefined
  readonly index: string | undefined
  readonly workTree: string | undefined
}

/** The files in conflict among some files and folders. */
export async function unmergedFiles(place: Place, paths: readonly string[]): Promise<string[]> {
  const { output } = await git(place, ['ls-files', '-z', '--unmerged', '--', ...paths])
  return [...new Set(splitNul(output).map(line => line.slice(line.indexOf('\t') + 1)))]
}

/** Compares some files and folders. Reads HEAD's history only if they differ. */
export async function headDifferences(place: Place, paths: readonly string[]): Promise<HeadDifferences> {
  const { oid } = await readHead(place)
  if (oid === undefined) return { stale: [], edited: [] }
  const raw = ['--raw', '-z', '--no-renames', '--no-abbrev']
  const changesOf = async (args: string[]): Promise<RawChange[]> =>
    parseRawDiff((await git(place, [...args, '--', ...paths])).output)
  const staged = await changesOf(['diff-index', '--cached', ...raw, oid])
  const unstaged = await changesOf(['diff-files', ...raw])
  const unmerged = new Set([...staged, ...unstaged].filter(isUnmerged).map(({ path }) => path))
  const differences = new Map<string, Difference>()
  // a file that differs only from the index has there what HEAD has
  for (const change of [...unstaged.map(each => ({ ...each, new: each.old })), ...staged]) {
    const { path, oldMode, newMode, old: head, new: index } = change
    if (unmerged.has(path)) continue
    // HEAD's mode or the index's; of a file that is only in the index, its own
    const mode = oldMode ?? newMode ?? ''
    const workTree = workTreeBlob(place, path, oid.length)
    if (head !== index || workTree !== head) differences.set(path, { path, mode, head, index, workTree })
    else differences.delete(path)
  }
  const found = [...differences.values()]
  const older = await olderStates(place, found)
  const isStale = (each: Difference): boolean =>
    [each.index, each.workTree].every(
      state => state === undefined || state === each.head || older.has(stateKey(each.path, state))
    )
  return {
    stale: found.filter(isStale).map(journalFile),
    edited: found.filter(each => !isStale(each)).map(({ path }) => path)
  }
}

function journalFile({ path, mode, head, index, workTree }: Difference): JournalFile {
  const file = { path, mode, old: index ?? null, new: head ?? null }
  return workTree === undefined ? file : { ...file, replaced: workTree }
}

const isUnmerged = ({ status }: RawChange): boolean => status === 'U'

const stateKey = (path: string, blob: string): string => `${blob} ${path}`

/** Returns those of the found states that HEAD's history has at the same path. */
async function olderStates(place: Place, found: readonly Difference[]): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>()
  for (const { path, head, index, workTree } of found)
    for (const state of [index, workTree])
      if (state !== undefined && state !== head && state !== '') wanted.add(stateKey(path, state))
  const older = new Set<string>()
  if (wanted.size === 0) return older
  const paths = found.length > MAX_PATHS ? [] : found.map(({ path }) => path)
  for await (const { files } of readLog(place, { paths })) {
    for (const { path, blob } of files) {
      const key = stateKey(path, blob ?? '')
      if (wanted.delete(key)) older.add(key)
    }
    if (wanted.size === 0) break
  }
  return older
}
