import { statSync, type BigIntStats } from 'node:fs'
import { dirname } from 'node:path'

/** Compares files, not names: a name has several spellings if the file system ignores case. */
export function isWithin(path: string, root: string): boolean {
  const outer = statOf(root)
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = folder === root ? outer : statOf(folder)
    if (folder === root || (stat && stat.ino === outer?.ino && stat.dev === outer.dev)) return true
    if (dirname(folder) === folder) return false
  }
}

export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined // no such file
  }
}
