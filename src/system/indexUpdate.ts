import * as fs from 'node:fs'
import { join } from 'node:path'
import { errno, removeIfThere, suffix } from './files.js'
import { Git } from './git.js'
import { indexFile, writeFolder, type Place } from './place.js'
import type { PlannedFile } from './plan.js'

/**
 * `git update-index` on an index of our own beside the real one, which takes its place at the end. Made while index.lock
 * is held. git is told which blobs the files are, and looks at none of them: they are not in place yet. So it looks when
 * it is next asked for the state of the work tree.
 */
export class IndexUpdate {
  readonly #place: Place
  readonly #temporary: string
  readonly #git: Git

  constructor(place: Place, files: readonly PlannedFile[], env: Readonly<Record<string, string>>) {
    this.#place = place
    this.#temporary = join(writeFolder(place), `index-${suffix()}`)
    linkIndex(indexFile(place), this.#temporary)
    this.#git = new Git(place, ['update-index', '--add', '--remove', '-z', '--index-info'], {
      env: { ...env, GIT_INDEX_FILE: this.#temporary }
    })
    this.#git.child.stdout.resume()
    this.#git.child.stdin.end(files.map(lineOf).join(''))
  }

  /** Resolves when it can be installed. */
  async ready(): Promise<void> {
    await this.#git.succeeded()
  }

  /** The index becomes the new one. */
  install(): void {
    fs.renameSync(this.#temporary, indexFile(this.#place))
    // Renaming onto another name of the same file, when nothing had to change, leaves both.
    removeIfThere(this.#temporary)
  }

  async discard(): Promise<void> {
    await this.#git.exit.catch(() => undefined)
    removeIfThere(this.#temporary)
    removeIfThere(`${this.#temporary}.lock`)
  }
}

/** All zeros, or `0`: no entry. */
function lineOf({ path, mode, old = '', new: oid }: PlannedFile): string {
  return oid === undefined ? `0 ${'0'.repeat(old.length)}\t${path}\0` : `${mode} ${oid}\t${path}\0`
}

/**
 * A link keeps the time of the file, by which git knows which entries may be older than an edit in the same
 * instant. A copy is newer and would hide such an edit from `git status`.
 */
function linkIndex(index: string, temporary: string): void {
  try {
    fs.linkSync(index, temporary)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EOPNOTSUPP'].includes(errno(error) ?? '')) throw error
    const { atime, mtimeMs } = fs.statSync(index)
    fs.copyFileSync(index, temporary, fs.constants.COPYFILE_EXCL)
    fs.utimesSync(temporary, atime, Math.floor(mtimeMs / 1000))
  }
}
