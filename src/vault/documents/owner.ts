/**
 * Returns the folder that a file belongs to: the one above `versions`, if the file is below that. No secret's name has a
 * folder called `versions`, but the path of the vault may.
 */
export function ownerOf(path: string, root: string): string {
  const at = path.startsWith(`${root}/`) ? path.indexOf('/versions/', root.length) : -1
  return path.slice(0, Math.max(0, at < 0 ? path.lastIndexOf('/') : at))
}
