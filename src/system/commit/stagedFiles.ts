import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { errno, removeIfExists, suffix, syncFile, syncFolders, writeSyncedAsync } from '../files/files.js'
import { forEachOf } from '../../core/workers.js'
import { writeFolder, type Place } from '../git/place.js'
import { isWritten, type PlannedFile } from '../index/plannedFile.js'

const MAX_CONCURRENT_WRITES = 16

/** New work tree files, complete and synced under temporary names. */
export class StagedFiles {
  readonly #place: Place
  /** The files to write, in order. The number of a file is that of its temporary file. */
  #files: readonly PlannedFile[] = []
  /** By number: 1 if there may be a temporary file. */
  #isLeft = new Uint8Array(0)
  /** The number of the file that is probably installed next. */
  #next = 0
  /** The name of the temporary file with number 0. */
  readonly #first = Number.parseInt(suffix(), 16)
  /** The folders in which `install` has changed a name. */
  readonly #changedFolders = new Set<string>()

  constructor(place: Place) {
    this.#place = place
  }

  async write(files: readonly PlannedFile[]): Promise<void> {
    this.#files = files.filter(isWritten)
    this.#isLeft = new Uint8Array(this.#files.length)
    // waits for all files before throwing, because `discard` may remove only complete ones
    await forEachOf(this.#files.keys(), MAX_CONCURRENT_WRITES, async number => this.#writeOne(number))
  }

  /**
   * Renames one file to its path, or removes the file at that path.
   * @param file of those given to `write`
   */
  install(file: PlannedFile): void {
    const target = join(this.#place.root, file.path)
    if (!isWritten(file)) return this.#remove(target)
    const number = this.#numberOf(file)
    const temporary = this.#temporaryFile(number)
    this.#makeFolder(dirname(target))
    try {
      fs.renameSync(temporary, target)
    } catch (error) {
      if (errno(error) !== 'EXDEV') throw error
      // the git directory is on another file system than the work tree
      const copy = `${target}.${suffix()}.tmp`
      fs.copyFileSync(temporary, copy, fs.constants.COPYFILE_EXCL)
      syncFile(copy)
      fs.renameSync(copy, target)
      removeIfExists(temporary)
    }
    this.#isLeft[number] = 0
  }

  /** Writes to disk which files were installed and removed. Until then, a power cut may bring a removed file back. */
  async sync(): Promise<void> {
    await syncFolders(this.#changedFolders)
    this.#changedFolders.clear()
  }

  discard(): void {
    for (const [number, isLeft] of this.#isLeft.entries())
      if (isLeft) removeIfExists(this.#temporaryFile(number))
    this.#isLeft.fill(0)
  }

  /** Files are installed in order, but not all of them. */
  #numberOf(file: PlannedFile): number {
    const number = this.#files[this.#next] === file ? this.#next : this.#files.indexOf(file, this.#next)
    this.#next = number + 1
    return number
  }

  async #writeOne(number: number): Promise<void> {
    const file = this.#files[number]!
    this.#isLeft[number] = 1
    // as in git, the umask decides
    const mode = file.mode === '100755' ? 0o777 : 0o666
    await writeSyncedAsync(this.#temporaryFile(number), mode, handle =>
      fs.writeFileSync(handle, file.bytes ?? '')
    )
  }

  #temporaryFile(number: number): string {
    return join(writeFolder(this.#place), `file-${suffix(this.#first + number)}`)
  }

  #makeFolder(folder: string): void {
    const made = fs.mkdirSync(folder, { recursive: true })
    this.#changedFolders.add(folder)
    if (made === undefined) return
    for (let at = folder; at.length >= made.length; at = dirname(at)) this.#changedFolders.add(dirname(at))
  }

  /** Also removes the folders that become empty, as git does. */
  #remove(target: string): void {
    removeIfExists(target)
    this.#changedFolders.add(dirname(target))
    for (let folder = dirname(target); folder !== this.#place.root; folder = dirname(folder)) {
      try {
        fs.rmdirSync(folder)
        this.#changedFolders.add(dirname(folder))
      } catch {
        // not empty, or in use
        return
      }
    }
  }
}
