import { createNamed } from '../system/files/namedFiles.js'

/** Writes a file whose path the user gave. Throws `FileFailed` if it exists. */
export async function writeNamed(path: string, text: string): Promise<void> {
  createNamed(path, new TextEncoder().encode(text))
}

/** As `writeNamed`, for secrets: readable by the user alone, and not where git could commit it. */
export async function writePrivate(path: string, text: string, what: string): Promise<void> {
  const { refuseCommittable } = await import('../system/git/committable.js')
  await refuseCommittable(path, what)
  createNamed(path, new TextEncoder().encode(text), 0o600)
}
