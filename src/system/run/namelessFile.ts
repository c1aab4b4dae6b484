import { closeSync, openSync, unlinkSync } from 'node:fs'
import type { PrivateFolder } from '../files/privateFolder.js'

/**
 * Returns an open file without a name: the system frees it once nobody has it open, also after a kill. Removes the folder.
 */
export function namelessFile(
  folder: PrivateFolder,
  content: string | Uint8Array
): { handle: number; close: () => void } {
  try {
    const path = folder.write('stdin', content)
    const handle = openSync(path, 'r')
    // before the folder is wiped, which overwrites the files in it
    unlinkSync(path)
    return { handle, close: () => closeSync(handle) }
  } finally {
    folder.wipe()
  }
}
