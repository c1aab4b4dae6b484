import * as fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from './files.js'
import { createNamed } from './namedFiles.js'
import { shown } from './paths.js'
import { isInMemory } from './privateFolder.js'

/**
 * Creates files in a folder, which is created for the user alone if it does not exist. Throws `FileFailed`, before anything is
 * written, if one of them exists, or if plain text would be written to a disk.
 */
export function writeCredentialFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  isPlain: boolean
): void {
  const path = resolve(folder)
  if (isPlain && !isInMemory(existingParent(path)))
    throw new VaultError(
      'FileFailed',
      `${shown(folder)} is not in memory, and plain text is never written to a disk`,
      { hint: 'use --format systemd-creds, or a folder in /run' }
    )
  try {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fileFailed(`cannot create ${shown(folder)}`, error)
  }
  for (const name of files.keys())
    if (fs.existsSync(join(path, name)))
      throw new VaultError('FileFailed', `cannot write ${shown(join(folder, name))}: EEXIST`)
  for (const [name, bytes] of files) createNamed(join(path, name), bytes, isPlain ? 0o400 : 0o600)
}

/** Returns the folder itself, or the nearest one around it that exists. */
function existingParent(path: string): string {
  return fs.existsSync(path) || dirname(path) === path ? path : existingParent(dirname(path))
}
