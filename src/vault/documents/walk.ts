import { VaultError } from '../../core/errors.js'
import type { WorkTree } from '../../core/ports.js'
import type { Place, SecretPlace } from './place.js'

const OWN_FILES: ReadonlySet<string> = new Set(['secret.yaml', 'stages.yaml', 'replica.yaml'])

/** Every folder of the vault that holds a secret's documents, without recursion: names nest as deep as they like. */
export async function* secretPlaces(
  tree: WorkTree,
  place: Pick<Place, 'secrets' | 'secretIn'>
): AsyncIterable<SecretPlace> {
  const pending = [place.secrets]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await tree.list(folder)
    if (entries.some(({ name }) => OWN_FILES.has(name))) yield place.secretIn(folder)
    for (const { name, kind } of entries) {
      // passing over it would hide the secrets behind it
      if (kind === 'other')
        throw new VaultError('DocumentRefused', `${folder}/${name}: is not a regular file or folder`)
      // `versions` is a secret's own folder: the name of a nested secret never becomes that segment
      if (kind === 'folder' && name !== 'versions') pending.push(`${folder}/${name}`)
    }
  }
}
