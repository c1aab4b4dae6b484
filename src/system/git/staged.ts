import { resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import type { Tree, TreeFile } from '../../core/ports.js'
import { shown } from '../files/paths.js'
import { git } from './git.js'
import { readHead } from './head.js'
import type { Place } from './place.js'
import { parseRawDiff } from './rawDiff.js'
import { splitNul } from './splitNul.js'

/** A path at which git's index differs from HEAD. */
export interface StagedFile {
  readonly path: string
  /** `undefined` if the index has nothing at the path. */
  readonly mode: string | undefined
  readonly blob: string | undefined
  /** The blob that HEAD has at the path; `undefined` if it has none. */
  readonly before: string | undefined
}

/** Paths in one command line; with more, the whole folder is listed. */
const MAX_PATHS = 500

/** The tree of the next commit: git's index, and the blobs that it names. */
export class StagedTree implements Tree {
  readonly #place: Place
  readonly #env: Readonly<Record<string, string>>
  /** Returns a blob's bytes; `undefined` if it is missing, or longer than `limit`. */
  readonly blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
  readonly #files = new Map<string, TreeFile>()
  /** Paths of which all index entries at and below them are known. */
  readonly #listed = new Set<string>()

  /**
   * @param index the index file that git gives a hook for a part of the changes (`git commit -a`, `git commit FILE`);
   * `undefined` is the repository's own
   */
  constructor(
    place: Place,
    index: string | undefined,
    blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
  ) {
    this.#place = place
    this.#env = index === undefined ? {} : { GIT_INDEX_FILE: resolve(place.root, index) }
    this.blob = blob
  }

  /** Returns the paths at which the index differs from HEAD. On an unborn branch, these are all of the index. */
  async changes(): Promise<StagedFile[]> {
    const { oid } = await readHead(this.#place)
    if (oid === undefined)
      return (await this.#list([])).map(({ path, mode, blob }) => ({ path, mode, blob, before: undefined }))
    const args = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', oid, '--']
    const { output } = await git(this.#place, args, { env: this.#env })
    return parseRawDiff(output).map(({ path, newMode, old, new: made }) => ({
      path,
      mode: newMode,
      blob: made,
      before: old
    }))
  }

  /** Returns the index's files at and below these paths. */
  async files(paths: readonly string[], whole: string): Promise<TreeFile[]> {
    const listed = paths.length > MAX_PATHS ? [whole] : paths
    if (listed.length === 0) return []
    const found = await this.#list(listed)
    for (const path of listed) this.#listed.add(path)
    for (const file of found) this.#files.set(file.path, file)
    return found
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    if (!this.#isListed(path)) await this.files([path], path)
    const file = this.#files.get(path)
    if (!file) return undefined
    if (!/^100(?:644|755)$/.test(file.mode))
      throw new VaultError('DocumentRefused', `${shown(path)} is not a regular file`)
    const bytes = await this.blob(file.blob, limit)
    if (bytes) return bytes
    throw new VaultError('DocumentRefused', `${shown(path)} is longer than ${limit} bytes`)
  }

  #isListed(path: string): boolean {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1))
      if (this.#listed.has(path.slice(0, at))) return true
    return false
  }

  async #list(paths: readonly string[]): Promise<TreeFile[]> {
    const args = ['ls-files', '-z', '-s', '--', ...paths]
    const { output } = await git(this.#place, args, { env: this.#env })
    return splitNul(output).map(line => {
      const tab = line.indexOf('\t')
      const [mode = '', blob = ''] = line.slice(0, tab).split(' ')
      return { path: line.slice(tab + 1), mode, blob }
    })
  }
}
