import { foldLogInTurns } from '../../core/access/accessLog.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import type { ListedFile, Tree } from '../../core/ports.js'
import { sodiumReady } from '../../core/sodium.js'
import { Findings, MISSING, type Finding } from './findings.js'
import { readAccess, type PinnedAccess } from '../memory/pin.js'
import { findPlace, VAULTRC, type Place } from '../documents/place.js'
import { Seen } from '../memory/seen.js'
import { vaultFolders, type VaultFolder } from './folders.js'
import { ownerOf } from '../documents/owner.js'
import { FolderTree } from './folderTree.js'
import type { Vault } from '../vault.js'
import { missingHint } from '../documents/restoreHint.js'
import { verifyKeys } from './verifyKeys.js'
import { checkMode, reportStray, verifySecret, type VerifyCounts } from './verifySecret.js'
import { View } from '../view.js'

export interface VerifyOptions {
  /** The commit to check (default: the work tree). */
  readonly revision?: string
  /** The expected vault id, if this clone has pinned none and the identity carries none. */
  readonly root?: string
  /** Whether to decrypt each value that the identity may read. */
  readonly decrypt?: boolean
  /** Called for each finding as it is found. */
  readonly reportFinding: (finding: Finding) => Promise<void>
  /** Called after each secret with the number of secrets so far. */
  readonly progress?: (secrets: number) => void
}

export interface Verified extends VerifyCounts {
  /** The vault id. Absent if there is no trusted log. */
  readonly root?: string
  /** Absent for the work tree. */
  readonly commit?: string
  readonly keys: number
  readonly problems: number
  readonly warnings: number
  /** How many of the problems `git-vault resolve` may mend. */
  readonly mendable: number
  /** The command that brings a missing document back, if one is missing from the work tree. */
  readonly mend?: string
}

/** The files of a vault in the work tree or in a commit. */
interface State {
  readonly tree: Tree
  readonly commit?: string
  files(folder: string): AsyncIterable<ListedFile>
  /** Sets the folder whose files are read next. */
  use(folder: VaultFolder): void
  /** Lists a folder again. Only the work tree, which another process can change, has this method. */
  reread?(folder: VaultFolder, root: string): Promise<VaultFolder>
  /** Returns a function that tells which files are in no commit. Only the work tree has this method. */
  untracked?(folder: string): Promise<(path: string) => boolean>
}

/**
 * Checks every file in the vault's folder, and reports files that do not belong there. Needs an identity only to decrypt.
 * Changes nothing, not even what this clone remembers. Throws `RootUnknown` if nothing says which root to trust.
 */
export async function verify(vault: Vault, options: VerifyOptions): Promise<Verified> {
  await sodiumReady
  const { repository } = vault
  const missing: string[] = []
  const findings = new Findings(async finding => {
    if (finding.kind === 'problem' && finding.reason === MISSING) missing.push(finding.path)
    await options.reportFinding(finding)
  })
  const state = await stateOf(vault, options.revision)
  const { tree, commit } = state
  const identity = options.decrypt ? await vault.identity() : undefined
  const counts: VerifyCounts = { secrets: 0, versions: 0, opened: 0, closed: 0 }
  const result = () => {
    const { problems, warnings, mendable } = findings
    return { ...counts, problems, warnings, mendable }
  }
  const of = commit === undefined ? {} : { commit }

  const place = await findings.check(VAULTRC, () => findPlace(tree))
  const found =
    place && (await findings.check(place.access, () => trustedAccess(vault, tree, place, options.root)))
  if (!place || !found) return { ...of, ...result(), keys: 0 }
  const { baseline } = vault
  await baseline?.requireIn(commit ?? 'HEAD')
  await findings.check(place.access, async () => baseline?.requireLog(place, found.access))

  const branch = commit === undefined ? await repository.branch() : undefined
  if (commit === undefined && branch === undefined)
    vault.notice('HEAD is detached: this state may be older than what this clone has seen')
  await checkBehind(vault, found, { place, isCurrent: branch !== undefined }, findings)
  // a new view for each secret: one view would hold all that the clone remembers in memory
  const view = () => new View(tree, place, found.access, new Seen(repository.memory, branch, baseline), 0)
  await verifyTree(state, view, {
    findings,
    counts,
    identity,
    // an older log than the pin's is a part of it, so its signatures have been checked
    log: found.relation === 'behind' ? await foldLogInTurns(found.log, place.access, Infinity) : found.access,
    ...options
  })
  const [first] = missing
  const mend =
    first !== undefined && commit === undefined ? { mend: await missingHint(first, repository) } : {}
  return { root: found.access.vaultId, ...of, ...result(), ...mend, keys: found.access.keys.size }
}

export interface TreeCheck {
  readonly findings: Findings
  readonly counts: VerifyCounts
  readonly identity: Identity | undefined
  /** The tree's own log, which may be older than the one that documents are checked against. */
  readonly log: PinnedAccess['access']
  readonly progress?: (secrets: number) => void
}

/** Checks all files of a vault under the newest log that this clone knows. */
async function verifyTree(state: State, view: () => View, check: TreeCheck): Promise<void> {
  const { findings, counts } = check
  const { place } = view()
  const keys = await verifyKeys(view(), check.log, findings)
  const isUntracked = await state.untracked?.(place.folder)
  for await (const folder of vaultFolders(state.files(place.folder), place.folder)) {
    if (isSecret(folder.path, place)) {
      state.use(folder)
      const before = { ...counts }
      const verifyOne = async (found: VaultFolder) => {
        const untracked = isUntracked ? found.files.filter(({ path }) => isUntracked(path)) : []
        await verifySecret(view(), found, check)
        // last, because of a stray file another fault says more
        await reportUntracked(untracked, findings)
      }
      await findings.confirm(
        () => verifyOne(folder),
        // another process may have been writing during the first check
        async () => {
          Object.assign(counts, before)
          await verifyOne((await state.reread?.(folder, place.folder)) ?? folder)
        }
      )
      check.progress?.(counts.secrets)
    } else {
      await verifyOther(folder, new Set([place.access, ...keys]), findings)
      await reportUntracked(isUntracked ? folder.files.filter(({ path }) => isUntracked(path)) : [], findings)
    }
  }
}

async function reportUntracked(files: readonly ListedFile[], findings: Findings): Promise<void> {
  for (const { path } of files) await findings.problem(path, 'git does not track it, so no commit has it')
}

/** Checks a folder of files that belong to no secret. */
export async function verifyOther(
  folder: VaultFolder,
  expected: ReadonlySet<string>,
  findings: Findings
): Promise<void> {
  for (const file of folder.files) {
    if (expected.has(file.path)) await checkMode(file, findings)
    else await reportStray(file, findings)
  }
}

/** Whether a folder is in the part of the vault where secrets are. */
export function isSecret(folder: string, place: Place): boolean {
  return folder.startsWith(`${place.folder}/secrets/`) || folder.startsWith(`${place.folder}/regions/`)
}

/** Checks all files of a commit. @param open makes a view of its tree */
export async function verifyCommit(
  vault: Vault,
  commit: string,
  open: (tree: Tree) => View,
  check: TreeCheck
): Promise<void> {
  const state = await stateOf(vault, commit)
  await verifyTree(state, () => open(state.tree), check)
}

async function stateOf({ repository }: Vault, revision: string | undefined): Promise<State> {
  if (revision === undefined) {
    const { workTree } = repository
    return {
      tree: { read: (path, limit) => workTree.readAny(path, limit) },
      files: folder => workTree.files(folder),
      use: () => undefined,
      untracked: folder => workTree.untracked(folder),
      async reread({ path }, root) {
        const files: ListedFile[] = []
        for await (const file of workTree.files(path)) if (ownerOf(file.path, root) === path) files.push(file)
        return { path, files }
      }
    }
  }
  const commit = await repository.commitId(revision)
  const tree = new FolderTree(repository, commit)
  return { tree, commit, files: folder => repository.files(commit, folder), use: folder => tree.use(folder) }
}

/**
 * Reads the access log of a tree and checks it against the pin, or against the root that is given or that the identity
 * carries. Pins nothing. Throws `RootUnknown` if there is none of these.
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
    throw wrongRoot(place, root)
  })
  if (root !== undefined && found.access.vaultId !== root) throw wrongRoot(place, root)
  return found
}

const wrongRoot = (place: Place, root: string): VaultError =>
  new VaultError('DocumentRefused', `${place.access}: its root is not ${root}`)

/** Reports a log without entries that this clone has verified. On another branch or commit, that is only a notice. */
async function checkBehind(
  vault: Vault,
  { relation }: PinnedAccess,
  { place, isCurrent }: { place: Place; isCurrent: boolean },
  findings: Findings
): Promise<void> {
  if (relation !== 'behind') return
  const what = 'lacks access log entries that this clone has verified'
  if (isCurrent) await findings.problem(place.access, what, true)
  else vault.notice(`${place.access} ${what}; its files are checked against those`)
}
