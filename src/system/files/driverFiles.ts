import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from './files.js'

/** Reads a temporary file that git made for a merge driver. Throws `DocumentRefused` if it is over `limit` bytes. */
export function readDriverFile(file: string, limit: number): Uint8Array {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      if (size > limit) throw new VaultError('DocumentRefused', `over the limit of ${limit} bytes`)
      const bytes = Buffer.alloc(size)
      return bytes.subarray(0, readSync(handle, bytes, 0, size, 0))
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    throw error instanceof VaultError ? error : fileFailed(`cannot read ${file}`, error)
  }
}

/** Writes the result of a merge driver. */
export function writeDriverFile(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes)
  } catch (error) {
    throw fileFailed(`cannot write ${file}`, error)
  }
}
