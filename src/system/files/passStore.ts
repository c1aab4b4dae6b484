import * as fs from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from './files.js'
import { homeFolder } from './homeFolder.js'
import { shown } from './paths.js'

/** An encrypted file of a pass store. */
export interface StoreFile {
  /** Its path in the store without the ending, such as `web/example.org`. */
  readonly name: string
  /** Absolute. */
  readonly path: string
}

/** Returns the folder of the user's own store: of pass, or the root store of gopass. */
export function ownStore(
  source: 'pass' | 'gopass',
  { PASSWORD_STORE_DIR: named, XDG_DATA_HOME: data }: Readonly<Record<string, string | undefined>>
): string {
  if (named) return named
  if (source === 'pass') return join(homeFolder(), '.password-store')
  return join(data || join(homeFolder(), '.local', 'share'), 'gopass', 'stores', 'root')
}

/**
 * Returns the files of a pass store that gpg encrypted, in the order of their names. Throws `FileFailed` for a link that
 * leads to a folder or out of the store, because whoever can push to a shared store could let it lead to any file of the
 * user's, and for a file that age encrypted.
 */
export function listPassStore(folder: string): StoreFile[] {
  const files: StoreFile[] = []
  const root = attempt(folder, () => fs.realpathSync(resolve(folder)))
  const visit = (path: string, prefix: string): void => {
    for (const entry of attempt(path, () => fs.readdirSync(path, { withFileTypes: true }))) {
      // such as .git and .gpg-id
      if (entry.name.startsWith('.')) continue
      const at = join(path, entry.name)
      if (entry.isDirectory()) visit(at, `${prefix}${entry.name}/`)
      else if (entry.isSymbolicLink() && !isFileWithin(at, root))
        throw refused(at, 'it is a link to a folder or out of the store', `remove it: ${at}`)
      else if (entry.name.endsWith('.age'))
        throw refused(at, 'age encrypted it, and import decrypts with gpg')
      else if (entry.name.endsWith('.gpg'))
        files.push({ name: prefix + entry.name.slice(0, -'.gpg'.length), path: at })
    }
  }
  visit(root, '')
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const refused = (path: string, reason: string, hint?: string): VaultError =>
  new VaultError('FileFailed', `cannot import ${shown(path)}: ${reason}`, { hint })

/** Whether a link leads to a file in the folder. */
function isFileWithin(link: string, folder: string): boolean {
  try {
    const target = fs.realpathSync(link)
    return target.startsWith(folder + sep) && fs.statSync(target).isFile()
  } catch {
    return false
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw fileFailed(`cannot read ${shown(path)}`, error)
  }
}
