import { VaultError } from '../../core/errors.js'
import { SECRET_FILES } from '../../core/format/path.js'
import type { WorkTree } from '../../core/ports.js'
import type { Place, SecretPlace } from './place.js'

/** Every folder that holds a secret's documents. Does not recurse: names can be nested very deeply. */
export async function* secretPlaces(
  tree: WorkTree,
  place: Pick<Place, 'secrets' | 'secretIn'>
): AsyncIterable<SecretPlace> {
  const pending = [place.secrets]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await tree.list(folder)
    if (entries.some(({ name }) => SECRET_FILES.includes(name))) yield place.secretIn(folder)
    for (const { name, kind } of entries) {
      // to skip it would hide the secrets below it
      if (kind === 'other')
        throw new VaultError('DocumentRefused', `${folder}/${name}: not a regular file or folder`)
      // `versions` belongs to the secret itself: no segment of a secret's name is stored under that name
      if (kind === 'folder' && name !== 'versions') pending.push(`${folder}/${name}`)
    }
  }
}
