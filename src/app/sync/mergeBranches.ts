import { expectMember } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import { commitMessage } from '../../core/format/message.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths } from '../../system/remote/history.js'
import { makeMergeCommit } from '../../system/remote/mergeCommit.js'
import { findVersion } from '../../vault/documents/findVersion.js'
import { readDocument, type Place } from '../../vault/documents/place.js'
import { mergeVault, type MergeInput, type VaultMerge } from '../../vault/merging/mergeVault.js'
import { openSides, type Sides } from '../../vault/merging/openSides.js'
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

/** A merge of the vault's files, and for the commit's message who signed it, and the ARNs of the secrets that were joined. */
export type SignedMerge = VaultMerge & { readonly member?: string; readonly arns?: readonly string[] }

const NOTHING = { files: new Map<string, null>(), decisions: [] }

/**
 * Merges the vault's files of two branches, and signs what has to be signed. Asks for the identity only then.
 * @param mayAsk false for a rehearsal: what would be signed is a conflict `no signer`
 */
export async function mergeBranches(
  git: GitPlace,
  vault: Vault,
  branches: Branches,
  { mayAsk, acceptsDates }: { mayAsk: boolean; acceptsDates: boolean | undefined }
): Promise<SignedMerge> {
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
    ...{ base: sides.base, ours: sides.ours, theirs: sides.theirs, now: vault.clock.now(), acceptsDates },
    earlier: (side, folder) => earlier[side].of(folder),
    restore: (path, digest) => findVersion(repository, path, digest)
  }
  const merged = await mergeVault(input, changed)
  if (!mayAsk || !merged.conflicts.some(({ reason }) => reason === 'no signer')) return merged
  const signer = await writerIn(vault, sides.ours)
  const signed = await mergeVault({ ...input, signer }, changed)
  return { ...signed, member: signer.member.name, arns: await arnsOf(signed, sides) }
}

async function arnsOf({ decisions }: VaultMerge, { ours, theirs }: Sides): Promise<string[]> {
  const arns: string[] = []
  for (const { path } of decisions.filter(isJoined)) {
    const read = ({ tree }: View) => readDocument(tree, 'secret', `${path}/secret.yaml`)
    const document = (await read(ours)) ?? (await read(theirs))
    if (document) arns.push(document.arn)
  }
  return arns
}

async function writerIn(vault: Vault, { access }: View): Promise<Writer> {
  const identity = await vault.identity()
  return { member: expectMember(access, identity.public.keyId), identity, random: vault.random }
}

/**
 * Makes the commit of a merge. Throws `RepositoryState` if git cannot merge the files outside the vault.
 * @param name of their branch, for people; `revision` is for git
 */
export async function commitMerge(
  git: GitPlace,
  { ours, theirs }: Branches,
  place: Place,
  { files, member, arns = [] }: SignedMerge,
  { name, revision, now }: { name: string; revision: string; now: number }
): Promise<string> {
  const message = commitMessage(MERGE, name, [
    ...arns.map(arn => ['Secret-Arn', arn] as const),
    // without a signed document, there is nothing that proves a member
    ...(arns.length > 0 && member !== undefined ? [['Member', member] as const] : [])
  ])
  const made = await makeMergeCommit(git, {
    ...{ ours, theirs, files, message, folder: place.folder },
    ...{ member: member ?? 'git-vault', time: now }
  })
  if ('commit' in made) return made.commit
  const [first = '', ...more] = made.conflicts
  const files_ = more.length === 0 ? first : `${first} and ${more.length} more`
  throw new VaultError('MergeConflict', `git cannot merge files outside the vault: ${files_}`, {
    hint: `git merge ${revision}, resolve and commit, then run git-vault sync again`
  })
}
