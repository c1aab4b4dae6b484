import { join } from 'node:path'

/** Where git keeps things. Absolute paths; the two folders differ in a linked work tree. */
export interface Place {
  /** The work tree's root. */
  readonly root: string
  /** HEAD, the index and merges: each work tree's own. */
  readonly gitDir: string
  /** Objects and branches: shared by all work trees. */
  readonly commonDir: string
}

/** What a clone remembers. */
export const memoryFolder = (place: Place): string => join(place.commonDir, 'git-vault')

/** One vault lock for all work trees, because they share the branches. */
export const lockFolder = (place: Place): string => join(place.commonDir, 'git-vault-write', 'lock')

/** Journal and temporary files: each work tree's own, so that they are on the file system of its index. */
export const writeFolder = (place: Place): string => join(place.gitDir, 'git-vault-write')

export const journalFile = (place: Place): string => join(writeFolder(place), 'journal')

export const indexFile = (place: Place): string => join(place.gitDir, 'index')

export const packFolder = (place: Place): string => join(place.commonDir, 'objects', 'pack')
