import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed, removeIfThere, suffix, syncFolder, writeSynced } from './files.js'

/** Writes a file that only its owner can read, whole or not at all. Throws `FileFailed`, too, over what is no file. */
export function replacePrivate(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${suffix()}`
  try {
    // a pipe, a link or a device would be replaced without a word
    if (fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === false)
      throw new VaultError('FileFailed', `${path} is there, and no regular file`)
    writeSynced(temporary, bytes, 0o600)
    // a strange umask may have taken more away
    fs.chmodSync(temporary, 0o600)
    fs.renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (error) {
    throw error instanceof VaultError ? error : fileFailed(`cannot write ${path}`, error)
  } finally {
    removeIfThere(temporary)
  }
}

/** A file that the user named, such as a certificate. */
export function readNamed(path: string): Uint8Array {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    throw fileFailed(`cannot read ${path}`, error)
  }
}

/** Makes a file that the user named. Nothing is written over. */
export function createNamed(path: string, bytes: Uint8Array): void {
  try {
    fs.writeFileSync(path, bytes, { flag: 'wx' })
  } catch (error) {
    throw fileFailed(`cannot write ${path}`, error)
  }
}
