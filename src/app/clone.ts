import { VaultError } from '../core/errors.js'
import { cloneRepository } from '../system/remote/clone.js'
import type { Dialogue } from '../system/remote/remoteGit.js'
import { openRepository } from '../system/repository.js'
import { findPlace } from '../vault/documents/place.js'
import type { Vault } from '../vault/vault.js'
import { setUpMerging } from './mergeSetup.js'
import { publicIdentity } from './identityFile.js'

export interface CloneOptions {
  /** The folder that a relative path starts from. */
  readonly from: string
  readonly url: string
  readonly folder?: string | undefined
  readonly dialogue: Dialogue
}

/**
 * Clones a repository and sets up the clone for its vault. Returns the clone's folder. Throws `RemoteFailed` if there is no
 * clone, and `VaultNotFound` if there is one whose branch has no vault.
 */
export async function clone({ from, url, folder, dialogue }: CloneOptions): Promise<string> {
  const made = await cloneRepository(from, url, folder, dialogue)
  const repository = await openRepository(made)
  await setUpMerging(made)
  try {
    await findPlace(repository.workTree)
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'VaultNotFound')) throw error
    const branch = (await repository.branch())?.replace('refs/heads/', '') ?? 'HEAD'
    throw new VaultError('VaultNotFound', `cloned into ${made}, but the branch ${branch} has no vault`, {
      hint: `switch to a branch that has one, or make one: git-vault -C ${made} init`
    })
  }
  return made
}

/** The role of this machine's user in a vault. */
export type Standing =
  | {
      readonly is: 'member'
      readonly name: string
      readonly isAdmin: boolean
      readonly keys: readonly string[]
    }
  | { readonly is: 'stranger' }
  | { readonly is: 'without identity' }

/** Returns whether the identity is a member of the vault. Does not ask for its passphrase. */
export async function standing(vault: Vault): Promise<Standing> {
  const publicKey = await ownPublicKey()
  if (publicKey === undefined) return { is: 'without identity' }
  const { access } = await vault.read()
  const member = [...access.members.values()].find(({ text }) => text === publicKey)
  if (!member || member.removed !== undefined) return { is: 'stranger' }
  const keys = [...member.rights].flatMap(([key, rights]) => (rights.size > 0 ? [key] : []))
  return { is: 'member', name: member.name, isAdmin: member.adminSince !== undefined, keys }
}

async function ownPublicKey(): Promise<string | undefined> {
  try {
    return (await publicIdentity()).publicKey
  } catch (error) {
    if (error instanceof VaultError && error.code === 'IdentityNotFound') return undefined
    throw error
  }
}
