import { createNamed } from '../system/files/namedFiles.js'

/** Writes a file whose path the user gave. Throws `FileFailed` if it exists. */
export async function writeNamed(path: string, text: string): Promise<void> {
  createNamed(path, new TextEncoder().encode(text))
}
