import { formerMember } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { parsePublic } from '../core/crypto/identity.js'
import { findPlace } from '../vault/documents/place.js'
import { readAccess } from '../vault/memory/pin.js'
import { publicIdentity } from './identityFile.js'
import type { Vault } from '../vault/vault.js'
import { open } from './open.js'

/**
 * Says that the user is no longer a member of the vault, and since when. Returns `undefined` if the user is one, never was
 * one, or if nothing can be read that says so: this is a line beside an error, or beside what a command has done. Asks for no
 * passphrase and runs no GIT_VAULT_IDENTITY_COMMAND.
 * @param commit whose access log is read, such as the upstream's; left out, that of the work tree
 */
export async function formerUser(vault: Vault, commit?: string): Promise<string | undefined> {
  const { env } = process
  if (!env['GIT_VAULT_IDENTITY'] && env['GIT_VAULT_IDENTITY_COMMAND']) return undefined
  return orNothing(async () => {
    const keyId = parsePublic((await publicIdentity()).publicKey)?.keyId ?? ''
    const { repository } = vault
    const tree = commit === undefined ? repository.workTree : repository.treeOf(commit)
    const place = await findPlace(tree)
    const { access } = await readAccess(tree, place, repository.memory, () => vault.carriedRoot())
    return formerMember(access, keyId)
  })
}

/** The same, of the vault around a folder, for a command that failed. */
export async function formerUserAround(directory: string): Promise<string | undefined> {
  return orNothing(async () => {
    const vault = await open({ directory, notice: () => undefined })
    try {
      return await formerUser(vault)
    } finally {
      await vault.close()
    }
  })
}

async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
