import { formerMember } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { parsePublic } from '../core/crypto/identity.js'
import { findPlace } from '../vault/documents/place.js'
import { readAccess } from '../vault/memory/pin.js'
import { showIdentity } from './identityFile.js'
import { open } from './open.js'

/**
 * Says that the user is no longer a member of the vault, and since when. Returns `undefined` if the user is one, never was
 * one, or if nothing can be read that says so: this is a line beside an error, or beside what a command has done. Asks for no
 * passphrase and runs no GIT_VAULT_IDENTITY_COMMAND.
 * @param commit whose access log is read, such as the upstream's; left out, that of the work tree
 */
export async function formerUser(directory: string, commit?: string): Promise<string | undefined> {
  const { env } = process
  if (!env['GIT_VAULT_IDENTITY'] && env['GIT_VAULT_IDENTITY_COMMAND']) return undefined
  try {
    const keyId = parsePublic((await showIdentity()).publicKey)?.keyId ?? ''
    const vault = await open({ directory, notice: () => undefined })
    const { repository } = vault
    try {
      const tree = commit === undefined ? repository.workTree : repository.treeOf(commit)
      const place = await findPlace(tree)
      const { access } = await readAccess(tree, place, repository.memory, () => vault.carriedRoot())
      return formerMember(access, keyId)
    } finally {
      await vault.close()
    }
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
