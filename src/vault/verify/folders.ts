import type { ListedFile } from '../../core/ports.js'

/** The files of one folder of a vault, and those below its `versions`. */
export interface VaultFolder {
  readonly folder: string
  readonly files: ListedFile[]
}

/**
 * Puts together what belongs together. Holds no more than the folders that are open: those on the way to the file that
 * comes next.
 * @param files all of one folder before what is beside it
 * @param root the vault's folder
 */
export async function* vaultFolders(
  files: AsyncIterable<ListedFile>,
  root: string
): AsyncIterable<VaultFolder> {
  const open: VaultFolder[] = []
  for await (const file of files) {
    const folder = ownerOf(file.path, root)
    for (let last = open.at(-1); last && !isWithin(folder, last.folder); last = open.at(-1)) {
      open.pop()
      yield last
    }
    const last = open.at(-1)
    if (last?.folder === folder) last.files.push(file)
    else open.push({ folder, files: [file] })
  }
  yield* open.reverse()
}

/** The folder that a file belongs to: that of a name never has the segment `versions`, though the vault's may. */
export function ownerOf(path: string, root: string): string {
  const at = path.startsWith(`${root}/`) ? path.indexOf('/versions/', root.length) : -1
  return path.slice(0, Math.max(0, at < 0 ? path.lastIndexOf('/') : at))
}

const isWithin = (folder: string, other: string): boolean =>
  folder === other || folder.startsWith(`${other}/`)
