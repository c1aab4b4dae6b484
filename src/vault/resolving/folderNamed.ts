import { parseSecretId } from '../../core/service/name.js'
import { secretFolderOf, type Place } from '../documents/place.js'

/**
 * Returns the folder of the secret with a name or an ARN.
 * @param region of a name; left out, the home region
 */
export function folderNamed(
  nameOrArn: string,
  region: string | undefined,
  place: Place,
  home: string
): string {
  const id = parseSecretId(nameOrArn)
  const found = id.kind === 'arn' ? id.region : region
  return secretFolderOf(place.inRegion(found === home ? undefined : found).secret(id.name))
}
