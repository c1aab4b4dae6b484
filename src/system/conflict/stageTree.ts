import type { Tree } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'

/** A file of one side of a conflict. */
export interface StagedFile {
  readonly mode: string
  readonly oid: string
}

/**
 * One side of a merge that git has left with conflicts: its files in conflict as git's index has them, and any other file
 * as in `rest`.
 */
export class StageTree implements Tree {
  readonly #files: ReadonlyMap<string, StagedFile | undefined>
  readonly #rest: Tree
  readonly #blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>

  /** @param files all that are in conflict; `undefined` if this side does not have the file */
  constructor(
    files: ReadonlyMap<string, StagedFile | undefined>,
    rest: Tree,
    blob: (oid: string, limit: number) => Promise<Uint8Array | undefined>
  ) {
    this.#files = files
    this.#rest = rest
    this.#blob = blob
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    if (!this.#files.has(path)) return this.#rest.read(path, limit)
    const file = this.#files.get(path)
    if (!file) return undefined
    if (!/^100(?:644|755)$/.test(file.mode)) throw refused(path, 'is not a regular file')
    const bytes = await this.#blob(file.oid, limit)
    return bytes ?? Promise.reject(refused(path, `is longer than ${limit} bytes, or is not in this clone`))
  }
}

function refused(path: string, reason: string): VaultError {
  return new VaultError('DocumentRefused', `${shown(path)} ${reason}`)
}
