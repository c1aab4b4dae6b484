import type { JournalFile } from './journal.js'
import { workTreeBlob } from './repair.js'
import { git } from '../git/git.js'
import { readHead } from '../git/head.js'
import { readLog } from '../git/log.js'
import type { Place } from '../git/place.js'

/** How the index and the work tree differ from HEAD. */
export interface HeadDifferences {
  /** Files of which the index and the work tree have nothing but older states: nobody has edited them. */
  readonly stale: readonly JournalFile[]
  /** Files with a content that HEAD's history does not have. */
  readonly edited: readonly string[]
  /** Files in conflict. */
  readonly unmerged: readonly string[]
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

/** Compares some files and folders. Reads HEAD's history only if they differ. */
export async function headDifferences(place: Place, paths: readonly string[]): Promise<HeadDifferences> {
  const { oid } = await readHead(place)
  if (oid === undefined) return { stale: [], edited: [], unmerged: [] }
  const raw = ['--raw', '-z', '--no-renames', '--no-abbrev']
  const [staged, unstaged] = [
    await rawLines(place, ['diff-index', '--cached', ...raw, oid, '--', ...paths]),
    await rawLines(place, ['diff-files', ...raw, '--', ...paths])
  ]
  const unmerged = new Set([...staged, ...unstaged].filter(line => line.isUnmerged).map(({ path }) => path))
  const differences = new Map<string, Difference>()
  // a file that differs only from the index has there what HEAD has
  for (const line of [...unstaged.map(each => ({ ...each, after: each.before })), ...staged]) {
    const { path, mode, before, after } = line
    if (unmerged.has(path)) continue
    const workTree = workTreeBlob(place, path, oid.length)
    if (before !== after || workTree !== before)
      differences.set(path, { path, mode, head: before, index: after, workTree })
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
    edited: found.filter(each => !isStale(each)).map(({ path }) => path),
    unmerged: [...unmerged].sort()
  }
}

function journalFile({ path, mode, head, index, workTree }: Difference): JournalFile {
  const file = { path, mode, old: index ?? null, new: head ?? null }
  return workTree === undefined ? file : { ...file, replaced: workTree }
}

interface RawLine {
  readonly path: string
  /** HEAD's or the index's mode; of a file that is only in the index, its own. */
  readonly mode: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly isUnmerged: boolean
}

/** Parses `:100644 100644 <old> <new> M`, NUL, path, NUL. */
async function rawLines(place: Place, args: readonly string[]): Promise<RawLine[]> {
  const { output } = await git(place, args)
  const fields = output.toString('utf8').split('\0')
  const lines: RawLine[] = []
  const blob = (oid: string): string | undefined => (/^0*$/.test(oid) ? undefined : oid)
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', before = '', after = '', status] = fields[at]!.slice(1).split(' ')
    const mode = oldMode === '000000' ? newMode : oldMode
    const path = fields[at + 1]!
    lines.push({ path, mode, before: blob(before), after: blob(after), isUnmerged: status === 'U' })
  }
  return lines
}

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
