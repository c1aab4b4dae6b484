import type { ListedFile } from '../../core/ports.js'
import { ownerOf } from '../documents/owner.js'

/** One folder of a vault: its files, and those below its `versions`. */
export interface VaultFolder {
  /** Relative to the repository's root. */
  readonly path: string
  readonly files: ListedFile[]
}

/**
 * Groups files by folder. Holds only the folders on the path to the next file in memory.
 * @param files in an order that lists all of a folder before its siblings
 * @param root the vault's folder
 */
export async function* vaultFolders(
  files: AsyncIterable<ListedFile>,
  root: string
): AsyncIterable<VaultFolder> {
  const open: VaultFolder[] = []
  for await (const file of files) {
    const path = ownerOf(file.path, root)
    for (let last = open.at(-1); last && !isWithin(path, last.path); last = open.at(-1)) {
      open.pop()
      yield last
    }
    const last = open.at(-1)
    if (last?.path === path) last.files.push(file)
    else open.push({ path, files: [file] })
  }
  yield* open.reverse()
}

const isWithin = (folder: string, other: string): boolean =>
  folder === other || folder.startsWith(`${other}/`)
