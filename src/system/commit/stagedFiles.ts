import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { errno, removeIfThere, suffix, writeAside } from '../files/files.js'
import { writeFolder, type Place } from '../git/place.js'
import type { PlannedFile } from '../index/plannedFile.js'

const AT_ONCE = 16

/** New work tree files, complete and on the disk, that only need their names. */
export class StagedFiles {
  readonly #place: Place
  readonly #temporary = new Map<string, string>()

  constructor(place: Place) {
    this.#place = place
  }

  async write(files: readonly PlannedFile[]): Promise<void> {
    const waiting = files.filter(file => file.bytes !== undefined).values()
    const worker = async (): Promise<void> => {
      for (const file of waiting) await this.#writeOne(file)
    }
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
    // Only when all have stopped may what they wrote be removed.
    const failed = ended.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** Puts one file in its place, or removes it. */
  install(file: PlannedFile): void {
    const target = join(this.#place.root, file.path)
    const temporary = this.#temporary.get(file.path)
    if (temporary === undefined) return this.#remove(target)
    fs.mkdirSync(dirname(target), { recursive: true })
    try {
      fs.renameSync(temporary, target)
    } catch (error) {
      if (errno(error) !== 'EXDEV') throw error
      // The git directory is on another file system than the work tree.
      const beside = `${target}.${suffix()}.tmp`
      fs.copyFileSync(temporary, beside, fs.constants.COPYFILE_EXCL)
      fs.renameSync(beside, target)
      removeIfThere(temporary)
    }
    this.#temporary.delete(file.path)
  }

  discard(): void {
    for (const temporary of this.#temporary.values()) removeIfThere(temporary)
    this.#temporary.clear()
  }

  async #writeOne(file: PlannedFile): Promise<void> {
    const temporary = join(writeFolder(this.#place), `file-${suffix()}`)
    this.#temporary.set(file.path, temporary)
    // As git does: the umask decides.
    const mode = file.mode === '100755' ? 0o777 : 0o666
    await writeAside(temporary, mode, handle => fs.writeFileSync(handle, file.bytes ?? ''))
  }

  /** git keeps no empty folders, so neither does this. */
  #remove(target: string): void {
    removeIfThere(target)
    for (let folder = dirname(target); folder !== this.#place.root; folder = dirname(folder)) {
      try {
        fs.rmdirSync(folder)
      } catch {
        // Not empty, or in use.
        return
      }
    }
  }
}
