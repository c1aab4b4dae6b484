import { createNamed } from '../system/files/namedFiles.js'

/** Writes a file that the user named. Throws `FileFailed` where there is one already. */
export async function writeNamed(path: string, text: string): Promise<void> {
  createNamed(path, new TextEncoder().encode(text))
}
