import { VaultError } from '../../core/errors.js'
import { namedPlace } from '../../system/files/namedPlace.js'
import { replacePrivate } from '../../system/files/namedFiles.js'
import type { Vault } from '../../vault/vault.js'

/**
 * Returns the real path of the file that the user named, and whether it exists. Throws `FileFailed` if its folder does not
 * exist, if something other than a file is there, or if the file would be in the vault's folder: a vault with any other file fails verification.
 */
export async function reportPath(vault: Vault, path: string): Promise<{ path: string; exists: boolean }> {
  const { place } = await vault.read()
  const found = namedPlace(path, `${vault.repository.root}/${place.folder}`)
  if (found.isInside)
    throw new VaultError('FileFailed', `the report would be in the vault's folder: ${path}`, {
      hint: 'choose a path outside it, for example: ../report.html'
    })
  if (found.kind === 'other') throw new VaultError('FileFailed', `${path} is not a regular file`)
  return { path: found.path, exists: found.kind === 'file' }
}

/** Writes the report atomically, readable by the user alone. @param path of `reportPath` */
export function writeReport(path: string, text: string): void {
  replacePrivate(path, new TextEncoder().encode(text))
}
