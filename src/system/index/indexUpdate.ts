import * as fs from 'node:fs'
import { join } from 'node:path'
import { errno, removeIfThere, suffix, writeAside } from '../files/files.js'
import { Git } from '../git/git.js'
import type { GitIndex } from './gitIndex.js'
import { indexFile, writeFolder, type Place } from '../git/place.js'
import type { PlannedFile } from './plannedFile.js'

/**
 * The new index, in a file of its own that takes the real one's place at the end. Made while index.lock is held. It tells
 * which blobs the files are, and of none how it lies on the disk: they are not in place yet. So git looks at them when it
 * is next asked for the state of the work tree.
 */
export class IndexUpdate {
  readonly #place: Place
  readonly #temporary: string
  /** `git update-index`, where we cannot write the file. */
  readonly #git: Git | undefined
  readonly #ready: Promise<void>

  /** @param index what was read of it, at all of these paths, since it is locked */
  constructor(
    place: Place,
    index: GitIndex,
    files: readonly PlannedFile[],
    env: Readonly<Record<string, string>>
  ) {
    this.#place = place
    this.#temporary = join(writeFolder(place), `index-${suffix()}`)
    const edited = index.edited(files)
    if (edited === undefined) this.#git = updateIndex(place, this.#temporary, files, env)
    this.#ready = edited ? writeLike(indexFile(place), this.#temporary, edited) : this.#git!.succeeded()
    // It is awaited late, or never when the write is given up.
    this.#ready.catch(() => undefined)
  }

  /** Resolves when it can be installed. */
  async ready(): Promise<void> {
    await this.#ready
  }

  /** The index becomes the new one. */
  install(): void {
    fs.renameSync(this.#temporary, indexFile(this.#place))
    // Renaming onto another name of the same file, when nothing had to change, leaves both.
    removeIfThere(this.#temporary)
  }

  async discard(): Promise<void> {
    await this.#ready.catch(() => undefined)
    removeIfThere(this.#temporary)
    removeIfThere(`${this.#temporary}.lock`)
  }
}

function updateIndex(
  place: Place,
  temporary: string,
  files: readonly PlannedFile[],
  env: Readonly<Record<string, string>>
): Git {
  linkIndex(indexFile(place), temporary)
  const git = new Git(place, ['update-index', '--add', '--remove', '-z', '--index-info'], {
    env: { ...env, GIT_INDEX_FILE: temporary }
  })
  git.child.stdout.resume()
  git.child.stdin.end(files.map(lineOf).join(''))
  return git
}

/** All zeros, or `0`: no entry. */
function lineOf({ path, mode, old = '', new: oid }: PlannedFile): string {
  return oid === undefined ? `0 ${'0'.repeat(old.length)}\t${path}\0` : `${mode} ${oid}\t${path}\0`
}

/**
 * With the time of the old index, by which git knows which entries may be older than an edit in the same instant: a newer
 * one would hide such an edit from `git status`. Not a microsecond later, so a little earlier.
 */
async function writeLike(index: string, temporary: string, parts: readonly Uint8Array[]): Promise<void> {
  const { atime, mtimeMs, mode } = fs.statSync(index)
  // Synced, or the file system does so when it is renamed, and the branch has moved by then.
  await writeAside(temporary, mode & 0o777, handle => {
    fs.fchmodSync(handle, mode & 0o777)
    fs.writeFileSync(handle, Buffer.concat(parts))
    fs.futimesSync(handle, atime, (Math.floor(mtimeMs) - 1) / 1000)
  })
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
