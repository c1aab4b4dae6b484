import { VaultError } from '../../core/errors.js'
import { mayBeSegmentOf, SECRET_FILES, segment } from '../../core/format/path.js'
import type { Entry, WorkTree } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'
import type { Place, SecretPlace } from './place.js'
import { problemOf, type Unusable } from './skipped.js'

/**
 * Every folder that holds a secret's documents, and every path below which secrets may be hidden, because it cannot be
 * listed. Does not recurse: names can be nested very deeply.
 * @param prefix looks only where secrets may be whose names start with it. Others may be among them
 */
export async function* secretPlaces(
  tree: WorkTree,
  place: Pick<Place, 'secrets' | 'secretIn'>,
  prefix = ''
): AsyncIterable<SecretPlace | Unusable> {
  const pending: Pending[] = [{ folder: place.secrets, prefix: prefix === '' ? undefined : prefix }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder } = next
    const entries = await listed(tree, folder)
    if (!Array.isArray(entries)) {
      yield entries
      continue
    }
    if (next.prefix === undefined && entries.some(({ name }) => SECRET_FILES.includes(name)))
      yield place.secretIn(folder)
    for (const { name, kind } of entries) {
      const path = `${folder}/${name}`
      const below = entered(next, name, folder === place.secrets)
      if (!below) continue
      // a secret's own file is reported when it is read
      if (kind === 'other' && !SECRET_FILES.includes(name))
        yield {
          path,
          problem: new VaultError('DocumentRefused', `${path}: not a regular file or folder`),
          mend: 'git-vault verify'
        }
      // `versions` belongs to the secret itself: no segment of a secret's name is stored under that name
      if (kind === 'folder' && name !== 'versions') pending.push(below)
    }
  }
}

interface Pending {
  readonly folder: string
  /** What the rest of a name below the folder starts with; `undefined` for every name at the folder and below it. */
  readonly prefix: string | undefined
}

/**
 * The folder `name` in another one; `undefined` if it has no name that starts with the prefix.
 * @param isTop whether it is in the top folder, where a very long name is one folder
 */
function entered({ folder, prefix }: Pending, name: string, isTop: boolean): Pending | undefined {
  const path = `${folder}/${name}`
  if (prefix === undefined) return { folder: path, prefix }
  const slash = prefix.indexOf('/')
  if (slash !== -1 && name === segment(prefix.slice(0, slash), hash))
    return { folder: path, prefix: prefix.slice(slash + 1) }
  const isPossible = mayBeSegmentOf(prefix, name) && (slash === -1 || (isTop && name.includes('~')))
  return isPossible ? { folder: path, prefix: undefined } : undefined
}

/** Returns the folder's entries, or why it cannot be listed. */
export async function listed(tree: WorkTree, folder: string): Promise<Entry[] | Unusable> {
  try {
    return await tree.list(folder)
  } catch (error) {
    return { path: folder, problem: problemOf(error), mend: 'git-vault verify' }
  }
}
