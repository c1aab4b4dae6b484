import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { errno, removeIfExists, suffix, syncFile, syncFolders, writeSyncedAsync } from '../files/files.js'
import { forEachOf } from '../../core/workers.js'
import { writeFolder, type Place } from '../git/place.js'
import type { PlannedFile } from '../index/plannedFile.js'

const MAX_CONCURRENT_WRITES = 16

/** New work tree files, complete and synced under temporary names. */
export class StagedFiles {
  readonly #place: Place
  /** The numbers of the temporary files, by path. */
  readonly #temporary = new Map<string, number>()
  /** The name of the temporary file with number 0. */
  readonly #first = Number.parseInt(suffix(), 16)
  #count = 0
  /** The folders in which `install` has changed a name. */
  readonly #changedFolders = new Set<string>()

  constructor(place: Place) {
    this.#place = place
  }

  async write(files: readonly PlannedFile[]): Promise<void> {
    // waits for all files before throwing, because `discard` may remove only complete ones
    await forEachOf(
      files.filter(file => file.new !== undefined),
      MAX_CONCURRENT_WRITES,
      async file => this.#writeOne(file)
    )
  }

  /** Renames one file to its path, or removes the file at that path. */
  install(file: PlannedFile): void {
    const target = join(this.#place.root, file.path)
    const number = this.#temporary.get(file.path)
    if (number === undefined) return this.#remove(target)
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
    this.#temporary.delete(file.path)
  }

  /** Writes to disk which files were installed and removed. Until then, a power cut may bring a removed file back. */
  async sync(): Promise<void> {
    await syncFolders(this.#changedFolders)
    this.#changedFolders.clear()
  }

  discard(): void {
    for (const number of this.#temporary.values()) removeIfExists(this.#temporaryFile(number))
    this.#temporary.clear()
  }

  async #writeOne(file: PlannedFile): Promise<void> {
    const number = this.#count++
    this.#temporary.set(file.path, number)
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
