import { VaultError } from '../../core/errors.js'
import { commitMessage } from '../../core/format/message.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths } from '../../system/remote/history.js'
import { makeMergeCommit } from '../../system/remote/mergeCommit.js'
import type { Place } from '../../vault/documents/place.js'
import { mergeVault, type MergeInput, type VaultMerge } from '../../vault/merging/mergeVault.js'
import { openSides } from '../../vault/merging/openSides.js'
import { MERGE } from '../../vault/documents/merged.js'
import { isJoined } from './describe.js'
import type { Writer } from '../../vault/documents/encryptVersion.js'
import { EarlierStates } from '../../vault/sync/earlierStates.js'
import type { Vault } from '../../vault/vault.js'
import type { View } from '../../vault/view.js'

/** Two branches that have both gone on from their merge base. */
export interface Branches {
  readonly base: string
  readonly ours: string
  readonly theirs: string
  /** Our branch, such as `refs/heads/main`. */
  readonly branch: string
}

const NOTHING = { files: new Map<string, null>(), decisions: [] }

/**
 * Merges the vault's files of two branches, and signs what has to be signed. Asks for the identity only then.
 * @param mayAsk false for a rehearsal: what would be signed is a conflict `no signer`
 */
export async function mergeBranches(
  git: GitPlace,
  vault: Vault,
  branches: Branches,
  mayAsk: boolean
): Promise<VaultMerge & { readonly member?: string }> {
  const { base, ours, theirs, branch } = branches
  const { repository } = vault
  const treeOf = (commit: string) => repository.treeOf(commit)
  const sides = await openSides(
    vault,
    { base: treeOf(base), ours: treeOf(ours), theirs: treeOf(theirs) },
    branch
  )
  if ('reason' in sides) return { ...NOTHING, conflicts: [{ name: sides.path, ...sides }] }
  const { place } = sides.ours
  const changed = await changedPaths(git, ours, theirs, [place.folder])
  const earlier = {
    ours: new EarlierStates(repository, sides.ours, { base, tip: ours }),
    theirs: new EarlierStates(repository, sides.ours, { base, tip: theirs })
  }
  const input: MergeInput = {
    ...{ base: sides.base, ours: sides.ours, theirs: sides.theirs, now: vault.clock.now() },
    earlier: (side, folder) => earlier[side].of(folder)
  }
  const merged = await mergeVault(input, changed)
  if (!mayAsk || !merged.conflicts.some(({ reason }) => reason === 'no signer')) return merged
  const signer = await writerIn(vault, sides.ours)
  return { ...(await mergeVault({ ...input, signer }, changed)), member: signer.member.name }
}

async function writerIn(vault: Vault, { access }: View): Promise<Writer> {
  const identity = await vault.identity()
  const member = access.members.get(identity.public.keyId)
  if (member && member.removed === undefined) return { member, identity, random: vault.random }
  throw new VaultError('IdentityNotFound', 'this identity is not a member of this vault', {
    hint: 'git-vault member request prints what an admin of the vault needs to add you'
  })
}

/**
 * Makes the commit of a merge. Throws `RepositoryState` if git cannot merge the files outside the vault.
 * @param name of their branch, for people
 */
export async function commitMerge(
  git: GitPlace,
  { ours, theirs }: Branches,
  place: Place,
  { files, decisions, member }: VaultMerge & { readonly member?: string },
  { name, now }: { name: string; now: number }
): Promise<string> {
  const joined = decisions.filter(isJoined).map(each => each.name)
  const message = commitMessage(MERGE, name, [
    ...joined.map(secret => ['Merged-Secret', secret] as const),
    // without a signed document, there is nothing that proves a member
    ...(joined.length > 0 && member !== undefined ? [['Member', member] as const] : [])
  ])
  const made = await makeMergeCommit(git, {
    ...{ ours, theirs, files, message, folder: place.folder },
    ...{ member: member ?? 'git-vault', time: now }
  })
  if ('commit' in made) return made.commit
  const [first = '', ...more] = made.conflicts
  const files_ = more.length === 0 ? first : `${first} and ${more.length} more`
  throw new VaultError('MergeConflict', `git cannot merge files outside the vault: ${files_}`, {
    hint: `git merge ${name}, commit, then run git-vault sync again`
  })
}
