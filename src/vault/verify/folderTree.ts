import { VaultError } from '../../core/errors.js'
import type { History, ListedFile, Tree, TreeFile } from '../../core/ports.js'
import type { VaultFolder } from './folders.js'

/** A commit's files. Those of one listed folder are read by their blobs, without walking the folders above. */
export class FolderTree implements Tree {
  readonly #history: History
  readonly #rest: Tree
  #folder: VaultFolder | undefined
  readonly #listed = new Map<string, ListedFile & Partial<TreeFile>>()

  constructor(history: History, commit: string) {
    this.#history = history
    this.#rest = history.treeOf(commit)
  }

  /** @param folder the folder whose files are read next */
  use(folder: VaultFolder): void {
    this.#folder = folder
    this.#listed.clear()
    for (const file of folder.files) this.#listed.set(file.path, file)
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const file = this.#listed.get(path)
    if (file?.blob !== undefined && /^100(?:644|755)$/.test(file.mode)) {
      const bytes = await this.#history.blob(file.blob, limit)
      if (bytes) return bytes
      throw new VaultError(
        'DocumentRefused',
        `${path} is longer than ${limit} bytes, or is not in this clone`
      )
    }
    // the folder was listed completely, so the file does not exist
    if (!file && this.#folder && isDirectlyIn(path, this.#folder.path)) return undefined
    return this.#rest.read(path, limit)
  }
}

const isDirectlyIn = (path: string, folder: string): boolean =>
  path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/')
