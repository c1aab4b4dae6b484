import { operations } from '../../core/generated/operations.js'
import type { RangeCommit } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import type { Vault } from '../vault.js'
import type { View } from '../view.js'
import type { Findings } from './findings.js'
import type { CommitLogs } from './rangeLogs.js'
import { claimOf, MAX_NAMES, SignedOperations, type Claim, type SignedOperation } from './signedOperations.js'
import { nameIn, NO_TRANSITIONS, transitionsOf, type Transitions } from './transitions.js'

/** What a commit did to the vault. */
export interface CommitReport extends Transitions {
  readonly commit: string
  readonly parents: readonly string[]
  readonly time: Date
  readonly author: string
  /** The operations that members have signed. */
  readonly operations: readonly SignedOperation[]
  /** The entries that the commit adds to the access log, with the name of the member who signed each. */
  readonly entries: readonly { readonly entry: string; readonly member: string }[]
  /** What the commit's message says and nobody has signed. */
  readonly claim?: Claim
  /** How many of the vault's files the commit removes. */
  readonly removed: number
  /** How many secrets the commit removes, and the names of the first `MAX_NAMES`. Nobody signs a removal. */
  readonly removedSecrets: { readonly secrets: number; readonly names: readonly string[] }
}

/** These operations leave no file that could carry a signature. */
const REMOVING: readonly string[] = ['DeleteSecret', 'PurgeSecrets']

/**
 * Describes what a commit did to the vault. An operation that only its message claims is a problem. Returns `undefined`
 * if the commit does nothing to the vault.
 */
export async function commitReport(
  commit: RangeCommit,
  { vault, place, findings }: { vault: Vault; place: Place; findings: Findings },
  view: View,
  { own, before }: CommitLogs
): Promise<CommitReport | undefined> {
  const files = commit.files.filter(({ isOwn }) => isOwn)
  const signed = new SignedOperations()
  for (const { path, mode } of files) if (mode !== undefined) await signed.add(view, path)
  const added = own?.document.entries.slice(before?.access.entries.length ?? 0) ?? []
  const entries = added.map(({ entry, by }) => ({ entry, member: view.memberName(by) }))
  const removed = files.filter(({ mode }) => mode === undefined).length
  const claim = claimOf(commit)
  const present = files.filter(({ mode }) => mode !== undefined).map(({ path }) => path)
  const isProved =
    !claim || signed.has(claim) || isOfLog(claim, entries) || (await signed.hasVersion(view, present, claim))
  if (files.length === 0 && isProved) return undefined
  const { operation = '' } = claim ?? {}
  const isRemoval = removed > 0 && removed === files.length && REMOVING.includes(operation)
  if (claim && !isProved && !isRemoval) {
    const { merger } = signed
    const mend = merger === undefined ? undefined : await rewording(commit.commit, vault)
    await findings.problem(place.folder, claims(claim, merger, mend))
  }
  const transitions =
    own && before && entries.length > 0
      ? await transitionsOf(view, [before.access, own.access], vault.repository, commit.commit)
      : NO_TRANSITIONS
  const { commit: id, parents, time, author } = commit
  const removedSecrets = await secretsRemoved(commit, vault, place)
  return {
    ...{ commit: id, parents, time: new Date(time), author, operations: signed.all, entries, removed },
    removedSecrets,
    ...transitions,
    ...(claim && !isProved ? { claim } : {})
  }
}

async function secretsRemoved(
  { parents, files }: RangeCommit,
  { repository }: Vault,
  { folder }: Place
): Promise<CommitReport['removedSecrets']> {
  const [parent] = parents
  if (parent === undefined) return { secrets: 0, names: [] }
  const paths = files.filter(
    ({ path, mode, isOwn }) => isOwn && mode === undefined && path.endsWith('/secret.yaml')
  )
  const tree = repository.treeOf(parent)
  const names: string[] = []
  for (const { path } of paths.slice(0, MAX_NAMES)) {
    names.push((await nameIn({ tree }, path)) ?? path.slice(folder.length + 1, -'/secret.yaml'.length))
  }
  return { secrets: paths.length, names }
}

/** An operation of git-vault's own, such as AddMember, is proved by the entry that it adds to the access log. */
function isOfLog({ operation, member }: Claim, entries: CommitReport['entries']): boolean {
  return !Object.hasOwn(operations, operation) && entries.some(entry => entry.member === member)
}

/**
 * @param merger the member who signed the commit's documents for a merge, as in a cherry-pick of another member's commit
 * @param mend how to give the commit a message that claims nothing
 */
function claims({ operation, subject, member }: Claim, merger: string | undefined, mend = ''): string {
  const claim = `the commit's message claims ${operation} of ${JSON.stringify(subject)} by ${member}`
  return merger === undefined
    ? `${claim}, which nobody has signed`
    : `${claim}, but ${merger} has signed it for a merge: before a push, run: ${mend}`
}

/** Has nothing of the present message: whoever pushed the commit wrote it, and this is pasted into a shell. */
const AMEND = "git commit --amend -m 'Take over a change of another member'"

async function rewording(commit: string, { repository }: Vault): Promise<string> {
  return (await repository.commitId('HEAD')) === commit
    ? AMEND
    : `git rebase -i ${commit.slice(0, 12)}~ and mark the commit with edit; then ${AMEND} and git rebase --continue`
}
