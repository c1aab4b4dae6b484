import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed, removeIfExists, suffix, syncFolder, writeSynced } from './files.js'

/** Replaces a file atomically, with mode 0600. Throws `FileFailed`, also if the path exists and is not a regular file. */
export function replacePrivate(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${suffix()}`
  try {
    removeInterrupted(path)
    // rename would silently replace a pipe, a link or a device
    if (fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === false)
      throw new VaultError('FileFailed', `${path} is not a regular file`)
    writeSynced(temporary, bytes, 0o600)
    // the umask may have removed the owner's rights
    fs.chmodSync(temporary, 0o600)
    fs.renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (error) {
    throw error instanceof VaultError ? error : fileFailed(`cannot write ${path}`, error)
  } finally {
    removeIfExists(temporary)
  }
}

/** A write takes only a moment: the process of an older temporary file was killed. */
const INTERRUPTED_AGE_MS = 60_000

/** Removes the temporary files of processes that were killed, because they hold the same secrets as the file. */
function removeInterrupted(path: string): void {
  const prefix = `${basename(path)}.`
  for (const name of fs.readdirSync(dirname(path))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}$/.test(name.slice(prefix.length))) continue
    const file = join(dirname(path), name)
    const stat = fs.lstatSync(file, { throwIfNoEntry: false })
    if (stat?.isFile() && Date.now() - stat.mtimeMs > INTERRUPTED_AGE_MS) removeIfExists(file)
  }
}

/** Reads a file that the user named, such as a certificate. Throws `FileFailed`. */
export function readNamed(path: string): Uint8Array {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    throw fileFailed(`cannot read ${path}`, error)
  }
}

/** Creates a file that the user named. Throws `FileFailed`, also if it exists. */
export function createNamed(path: string, bytes: Uint8Array, mode = 0o666): void {
  try {
    fs.writeFileSync(path, bytes, { flag: 'wx', mode })
  } catch (error) {
    throw fileFailed(`cannot write ${path}`, error)
  }
}
