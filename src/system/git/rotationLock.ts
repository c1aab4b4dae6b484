import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { discover } from './discover.js'
import { rotationLockFolder, type Place } from './place.js'

/** Returns the lock that is held while a process of this clone rotates a secret. */
export function rotationLock(place: Place, arn: string): string {
  const id = createHash('sha256').update(arn).digest('hex').slice(0, 32)
  return join(rotationLockFolder(place), id)
}

/** The same, for the repository around a folder. */
export const rotationLockIn = (directory: string, arn: string): string =>
  rotationLock(discover(directory), arn)
