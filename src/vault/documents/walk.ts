import { VaultError } from '../../core/errors.js'
import { SECRET_FILES } from '../../core/format/path.js'
import type { Entry, WorkTree } from '../../core/ports.js'
import type { Place, SecretPlace } from './place.js'
import { problemOf, type Unusable } from './skipped.js'

/**
 * Every folder that holds a secret's documents, and every path below which secrets may be hidden, because it cannot be
 * listed. Does not recurse: names can be nested very deeply.
 */
export async function* secretPlaces(
  tree: WorkTree,
  place: Pick<Place, 'secrets' | 'secretIn'>
): AsyncIterable<SecretPlace | Unusable> {
  const pending = [place.secrets]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await listed(tree, folder)
    if (!Array.isArray(entries)) {
      yield entries
      continue
    }
    if (entries.some(({ name }) => SECRET_FILES.includes(name))) yield place.secretIn(folder)
    for (const { name, kind } of entries) {
      const path = `${folder}/${name}`
      // a secret's own file is reported when it is read
      if (kind === 'other' && !SECRET_FILES.includes(name))
        yield {
          path,
          problem: new VaultError('DocumentRefused', `${path}: not a regular file or folder`),
          mend: 'git-vault verify'
        }
      // `versions` belongs to the secret itself: no segment of a secret's name is stored under that name
      if (kind === 'folder' && name !== 'versions') pending.push(path)
    }
  }
}

/** Returns the folder's entries, or why it cannot be listed. */
export async function listed(tree: WorkTree, folder: string): Promise<Entry[] | Unusable> {
  try {
    return await tree.list(folder)
  } catch (error) {
    return { path: folder, problem: problemOf(error), mend: 'git-vault verify' }
  }
}
