import { foldLog } from '../../core/access/accessLog.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import type { ListedFile, Tree } from '../../core/ports.js'
import { sodiumReady } from '../../core/sodium.js'
import { Findings, type Report } from './findings.js'
import { readAccess, type PinnedAccess } from '../memory/pin.js'
import { findPlace, VAULTRC, type Place } from '../documents/place.js'
import { Seen } from '../memory/seen.js'
import { ownerOf, vaultFolders, type VaultFolder } from './folders.js'
import { FolderTree } from './folderTree.js'
import type { Vault } from '../vault.js'
import { verifyKeys } from './verifyKeys.js'
import { checkMode, stray, verifySecret, type Tally } from './verifySecret.js'
import { View } from '../view.js'

export interface VerifyOptions {
  /** The commit to look at; left out, the work tree. */
  readonly revision?: string
  /** The vault id to expect, where this clone has none pinned and the identity carries none. */
  readonly root?: string
  /** Also open each value that the identity may. */
  readonly decrypt?: boolean
  /** Told what is found as it is found. */
  readonly tell: Report
  /** Told after each secret how many it were. */
  readonly progress?: (secrets: number) => void
}

export interface Verified extends Tally {
  /** The vault id; left out where there is no log to take it from. */
  readonly root?: string
  /** Left out for the work tree. */
  readonly commit?: string
  readonly keys: number
  readonly problems: number
  readonly warnings: number
}

/** A state of a vault's files. */
interface State {
  readonly tree: Tree
  readonly commit?: string
  files(folder: string): AsyncIterable<ListedFile>
  /** The folder whose files are looked at next. */
  use(folder: VaultFolder): void
  /** What lies in its folder now, where that can change meanwhile. */
  again?(folder: VaultFolder, root: string): Promise<VaultFolder>
}

/**
 * Checks all that a vault's folder holds, and that it holds nothing else. Needs no identity, unless it is to decrypt, and
 * changes nothing, what this clone remembers included. Throws `RootUnknown` where nobody has said which root is right.
 */
export async function verify(vault: Vault, options: VerifyOptions): Promise<Verified> {
  await sodiumReady
  const { repository } = vault
  const findings = new Findings(options.tell)
  const state = await stateOf(vault, options.revision)
  const { tree, commit } = state
  const identity = options.decrypt ? await vault.identity() : undefined
  const tally: Tally = { secrets: 0, versions: 0, opened: 0, closed: 0 }
  const counted = () => ({ ...tally, problems: findings.problems, warnings: findings.warnings })
  const of = commit === undefined ? {} : { commit }

  const place = await findings.check(VAULTRC, () => findPlace(tree))
  const found =
    place && (await findings.check(place.access, () => trustedAccess(vault, tree, place, options.root)))
  if (!place || !found) return { ...of, ...counted(), keys: 0 }

  const branch = commit === undefined ? await repository.branch() : undefined
  if (commit === undefined && branch === undefined)
    vault.notice('HEAD is detached: this state may be older than what this clone has seen')
  await checkBehind(vault, found, { place, isCurrent: branch !== undefined }, findings)
  // what a clone remembers of a secret is read anew for each: all of it would be too much to keep
  const view = () => new View(tree, place, found.access, new Seen(repository.memory, branch), 0)
  await verifyTree(state, view, {
    findings,
    tally,
    identity,
    log: foldLog(found.log, place.access),
    ...options
  })
  return { root: found.access.vaultId, ...of, ...counted(), keys: found.access.keys.size }
}

export interface TreeCheck {
  readonly findings: Findings
  readonly tally: Tally
  readonly identity: Identity | undefined
  /** The log of the tree itself, which may be behind the newest that is known. */
  readonly log: PinnedAccess['access']
  readonly progress?: (secrets: number) => void
}

/** All files of a vault under the newest log that is known. */
async function verifyTree(state: State, view: () => View, check: TreeCheck): Promise<void> {
  const { findings, tally } = check
  const { place } = view()
  const keys = await verifyKeys(view(), check.log, findings)
  for await (const folder of vaultFolders(state.files(place.folder), place.folder)) {
    if (isSecret(folder.folder, place)) {
      state.use(folder)
      const before = { ...tally }
      await findings.confirm(
        () => verifySecret(view(), folder, check),
        // another process may have been writing
        async () => {
          Object.assign(tally, before)
          await verifySecret(view(), (await state.again?.(folder, place.folder)) ?? folder, check)
        }
      )
      check.progress?.(tally.secrets)
    } else await verifyOther(folder, new Set([place.access, ...keys]), findings)
  }
}

/** Files of a vault that are no secret's. */
export async function verifyOther(
  folder: VaultFolder,
  expected: ReadonlySet<string>,
  findings: Findings
): Promise<void> {
  for (const file of folder.files) {
    if (expected.has(file.path)) await checkMode(file, findings)
    else await stray(file, findings)
  }
}

export function isSecret(folder: string, place: Place): boolean {
  return folder.startsWith(`${place.folder}/secrets/`) || folder.startsWith(`${place.folder}/regions/`)
}

/** The state of a commit, for who has a view of it. */
export async function verifyCommit(
  vault: Vault,
  commit: string,
  view: View,
  check: TreeCheck
): Promise<void> {
  const state = await stateOf(vault, commit)
  await verifyTree(state, () => new View(state.tree, view.place, view.access, view.seen, 0), check)
}

async function stateOf({ repository }: Vault, revision: string | undefined): Promise<State> {
  if (revision === undefined) {
    const { workTree } = repository
    return {
      tree: workTree,
      files: folder => workTree.files(folder),
      use: () => undefined,
      async again({ folder }, root) {
        const files: ListedFile[] = []
        for await (const file of workTree.files(folder))
          if (ownerOf(file.path, root) === folder) files.push(file)
        return { folder, files }
      }
    }
  }
  const commit = await repository.commitId(revision)
  const tree = new FolderTree(repository, commit)
  return { tree, commit, files: folder => repository.files(commit, folder), use: folder => tree.use(folder) }
}

/**
 * The access log of a tree, against what this clone has pinned or whatever else says which root is right; nothing is
 * pinned by this.
 */
export async function trustedAccess(
  vault: Vault,
  tree: Tree,
  place: Place,
  root: string | undefined
): Promise<PinnedAccess> {
  const found = await readAccess(
    tree,
    place,
    vault.repository.memory,
    async () => root ?? vault.carriedRoot()
  ).catch((error: unknown) => {
    if (root === undefined || !(error instanceof VaultError && error.code === 'RootUnknown')) throw error
    throw otherRoot(place, root)
  })
  if (root !== undefined && found.access.vaultId !== root) throw otherRoot(place, root)
  return found
}

const otherRoot = (place: Place, root: string): VaultError =>
  new VaultError('DocumentRefused', `${place.access}: its root is not ${root}`)

/** A log that lacks what this clone has verified. */
async function checkBehind(
  vault: Vault,
  { relation }: PinnedAccess,
  { place, isCurrent }: { place: Place; isCurrent: boolean },
  findings: Findings
): Promise<void> {
  if (relation !== 'behind') return
  const what = 'lacks entries of the access log that this clone has verified'
  if (isCurrent) await findings.problem(place.access, what)
  else vault.notice(`${place.access} ${what}: its files are judged by those`)
}
