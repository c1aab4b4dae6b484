import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileFailed, removeIfExists } from '../files/files.js'
import { shown } from '../files/paths.js'
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

/** Notes which rotation the lock is held for; `undefined` for a test. To be called by its holder. Throws `FileFailed`. */
export function noteToken(lock: string, token: string | undefined): void {
  const file = tokenFile(lock)
  removeIfExists(file)
  if (token === undefined) return
  try {
    writeFileSync(file, token, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw fileFailed(`cannot write in ${shown(dirname(lock))}`, error)
  }
}

/** Returns the token of the rotation that the lock is held for, while it is held; `undefined` if that is not known. */
export function rotatedToken(lock: string): string | undefined {
  try {
    return readFileSync(tokenFile(lock), 'utf8')
  } catch {
    return undefined
  }
}

const tokenFile = (lock: string): string => `${lock}.token`
