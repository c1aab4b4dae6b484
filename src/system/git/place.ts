import { dirname, join } from 'node:path'

/** The repository's folders, as absolute paths. The two git folders differ in a linked work tree. */
export interface Place {
  /** The work tree's root. */
  readonly root: string
  /** Holds HEAD, the index and merge state. Each work tree has its own. */
  readonly gitDir: string
  /** Holds objects and branches. Shared by all work trees. */
  readonly commonDir: string
}

/** The clone's memory. */
export const memoryFolder = (place: Place): string => join(place.commonDir, 'git-vault')

/** One lock for all work trees, because they share the branches. */
export const lockFolder = (place: Place): string => join(place.commonDir, 'git-vault-write', 'lock')

/** Held while one process syncs with a remote, because two fetches of one branch fail. */
export const syncLockFolder = (place: Place): string => join(place.commonDir, 'git-vault-write', 'sync')

/** Has a lock for each secret that a process of this clone is rotating. */
export const rotationLockFolder = (place: Place): string =>
  join(place.commonDir, 'git-vault-write', 'rotations')

/** Holds the journal and temporary files. Each work tree has its own, on the same file system as its index. */
export const writeFolder = (place: Place): string => join(place.gitDir, 'git-vault-write')

export const journalFile = (place: Place): string => join(writeFolder(place), 'journal')

/** The folders of git-vault in the git directories, which no other user may read or write. */
export const privateFolders = (place: Place): string[] => [
  memoryFolder(place),
  dirname(lockFolder(place)),
  writeFolder(place)
]

export const indexFile = (place: Place): string => join(place.gitDir, 'index')

export const packFolder = (place: Place): string => join(place.commonDir, 'objects', 'pack')
