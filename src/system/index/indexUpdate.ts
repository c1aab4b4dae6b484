import * as fs from 'node:fs'
import { join } from 'node:path'
import {
  errno,
  removeIfExists,
  suffix,
  syncFileAsync,
  syncFolderAsync,
  writePieces,
  writeSyncedAsync
} from '../files/files.js'
import { Git } from '../git/git.js'
import type { GitIndex } from './gitIndex.js'
import { indexFile, writeFolder, type Place } from '../git/place.js'
import type { PlannedFile } from './plannedFile.js'

/**
 * Writes the new index to a temporary file, which finally replaces the real one. It may be created before index.lock is held:
 * then it is used only if the index has not changed until then.
 * The new entries name blobs but have no file times, because the files are not in place yet. So git checks these files at
 * the next `git status`.
 */
export class IndexUpdate {
  readonly #place: Place
  readonly #temporary: string
  /** The index that was replaced. */
  readonly #replaced: string
  /** `git update-index`, if only git can write this index. */
  readonly #git: Git | undefined
  readonly #ready: Promise<void>

  /** @param index read at all of these paths */
  constructor(
    place: Place,
    index: GitIndex,
    files: readonly PlannedFile[],
    env: Readonly<Record<string, string>>
  ) {
    this.#place = place
    this.#temporary = join(writeFolder(place), `index-${suffix()}`)
    this.#replaced = join(writeFolder(place), `index-${suffix()}`)
    const edited = index.withEntries(files)
    if (edited === undefined) this.#git = updateIndex(place, this.#temporary, files, env)
    this.#ready = edited
      ? writeWithTimeOf(indexFile(place), this.#temporary, edited)
      : this.#git!.succeeded().then(async () => syncIndex(place, this.#temporary))
    // `#ready` is awaited late, or never if the write is aborted
    this.#ready.catch(() => undefined)
  }

  /** Resolves when the temporary file is complete. */
  async ready(): Promise<void> {
    await this.#ready
  }

  /** Replaces the index with the temporary file. If it throws, the index is as before. */
  install(): void {
    linkIndex(indexFile(this.#place), this.#replaced)
    fs.renameSync(this.#temporary, indexFile(this.#place))
  }

  /** Undoes `install`. git's lock on the index must have been held since. */
  takeBack(): void {
    if (fs.existsSync(this.#replaced)) fs.renameSync(this.#replaced, indexFile(this.#place))
    // there was no index
    else removeIfExists(indexFile(this.#place))
  }

  /** Removes the temporary files. If nothing changed, both are links to the index, and rename has kept them. */
  async discard(): Promise<void> {
    await this.#ready.catch(() => undefined)
    removeIfExists(this.#replaced)
    removeIfExists(this.#temporary)
    removeIfExists(`${this.#temporary}.lock`)
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

/**
 * Syncs an index that git has written. A split index keeps most entries in a file beside it, whose name must be on disk
 * before the index that names it.
 */
async function syncIndex(place: Place, index: string): Promise<void> {
  const shared = fs.readdirSync(place.gitDir).filter(name => name.startsWith('sharedindex.'))
  // git may remove an old one meanwhile
  await Promise.all([index, ...shared.map(name => join(place.gitDir, name))].map(syncFileAsync))
  if (shared.length > 0) await syncFolderAsync(place.gitDir)
}

/** Mode `0` removes the entry. */
function lineOf({ path, mode, old = '', new: oid }: PlannedFile): string {
  return oid === undefined ? `0 ${'0'.repeat(old.length)}\t${path}\0` : `${mode} ${oid}\t${path}\0`
}

/**
 * Writes the file with the old index's time. git compares that time with a file's to detect edits in the same instant: a
 * later time would hide such an edit from `git status`. Rounding must not make it later, so it is set a little earlier.
 */
async function writeWithTimeOf(index: string, temporary: string, parts: Iterable<Uint8Array>): Promise<void> {
  const { atime, mtimeMs, mode } = fs.statSync(index)
  // synced here: otherwise the file system may do it at the rename, after the branch has moved
  await writeSyncedAsync(temporary, mode & 0o777, handle => {
    fs.fchmodSync(handle, mode & 0o777)
    writePieces(handle, parts)
    fs.futimesSync(handle, atime, (Math.floor(mtimeMs) - 1) / 1000)
  })
}

/** A link keeps the file's time (see `writeWithTimeOf`). A copy is given it, rounded down. */
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
