import { VaultError } from '../../core/errors.js'

const LONE_SURROGATE = /\p{Surrogate}/u
// Names that the file systems of macOS and Windows also resolve to `.git`.
const GIT_FOLDER = /^(?:\.git|git~\d+)[. ]*$/i

/**
 * Returns the components of a path in the repository. Throws `DocumentRefused` for a path that git must not store: git
 * before 2.48 stores `..` and `.git` unchecked.
 */
export function components(path: string): string[] {
  const parts = path.split('/')
  for (const part of parts) {
    const refused =
      part === '' ||
      part === '.' ||
      part === '..' ||
      part.includes('\0') ||
      (process.platform === 'win32' && part.includes('\\')) ||
      GIT_FOLDER.test(part) ||
      LONE_SURROGATE.test(part)
    if (refused) throw new VaultError('DocumentRefused', `${shown(path)} is not a path inside the repository`)
  }
  return parts
}

/** Returns `a` and `a/b` for `a/b/c`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}

/** Returns the folders above all of the files, each once. */
export function foldersAbove(files: Iterable<{ readonly path: string }>): Set<string> {
  const found = new Set<string>()
  for (const { path } of files)
    for (
      let end = path.lastIndexOf('/');
      end > 0 && !found.has(path.slice(0, end));
      end = path.lastIndexOf('/', end - 1)
    )
      found.add(path.slice(0, end))
  return found
}

/** Returns a path or a program's output for use in a message: on one line, control characters escaped, length limited. */
export function shown(text: string, limit = 300): string {
  const line = text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    mark => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
  return line.length <= limit ? line : `${line.slice(0, limit)}…`
}
