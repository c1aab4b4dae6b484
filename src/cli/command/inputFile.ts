import { VaultError } from '../../core/errors.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

/**
 * Returns the content of a file that the user named, or of standard input for `-`. Throws `FileFailed`.
 * @param limit in bytes: reading standard input stops soon after it
 */
export async function readInput(file: string, io: Io, limit: number): Promise<Uint8Array> {
  if (file === '-') return io.stdin.read(limit)
  return io.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code ?? error.message}`, {
      cause: error
    })
  })
}
