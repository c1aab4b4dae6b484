import type { Access } from '../../core/access/access.js'
import type { ListedFile, RangeCommit, Tree } from '../../core/ports.js'
import { mayInvalidate } from '../../core/access/readers.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { Finding, Findings } from './findings.js'
import { readDocument, VAULTRC, type Place } from '../documents/place.js'
import type { HeldReports } from './heldReports.js'
import { Mending } from './mending.js'
import { acceptedSecret, RollbackCheck } from './rollbackCheck.js'
import type { Log } from '../documents/readLog.js'
import { RangeLogs, type CommitLogs } from './rangeLogs.js'
import { SideBranches } from './sideBranches.js'
import { nothingSeen } from '../memory/seen.js'
import { commitReport, type CommitReport } from './commitReport.js'
import { ownerOf } from '../documents/owner.js'
import { vaultFolders, type VaultFolder } from './folders.js'
import type { Vault } from '../vault.js'
import { isSecret, verifyCommit, verifyOther } from './verify.js'
import { verifyKeys } from './verifyKeys.js'
import { exists, verifySecret, type VerifyCounts } from './verifySecret.js'
import { View } from '../view.js'

/** How many commits' trees are cached: the parents of a commit are mostly among the last few. */
const TREES = 4

/** Checks the commits of a range, one by one, parents first. */
export class RangeCheck {
  readonly #vault: Vault
  readonly #place: Place
  readonly #findings: Findings
  readonly #logs: RangeLogs
  readonly #sides: SideBranches
  readonly #rollbacks: RollbackCheck
  readonly #reports: HeldReports
  readonly #mending: Mending
  readonly #counts: VerifyCounts = { secrets: 0, versions: 0, opened: 0, closed: 0 }
  readonly #trees = new Map<string, Tree>()
  /** Whether the commit that is being checked has several parents. */
  #isMerge = false

  /** @param base the access log of the commit that the range begins after, if it has a vault */
  constructor(
    vault: Vault,
    place: Place,
    base: Log | undefined,
    { findings, reports }: { readonly findings: Findings; readonly reports: HeldReports }
  ) {
    this.#vault = vault
    this.#place = place
    this.#reports = reports
    this.#findings = findings
    this.#mending = new Mending(
      reports,
      findings,
      (commit, view, folder) => acceptedSecret(this.#open(commit, view.access), folder),
      (commit, descendant) => vault.repository.isAncestor(commit, descendant)
    )
    this.#logs = new RangeLogs(place, commit => this.#treeOf(commit), base)
    this.#sides = new SideBranches(place, commit => this.#treeOf(commit), base)
    this.#rollbacks = new RollbackCheck(findings, (commit, access) => this.#viewOf(commit, access))
  }

  /** How many documents were checked. */
  get checked(): Pick<VerifyCounts, 'secrets' | 'versions'> {
    const { secrets, versions } = this.#counts
    return { secrets, versions }
  }

  /**
   * Reports a finding. A problem of a secret that a later commit may mend is held back. A merge may have been made by hand,
   * so all of its problems in a secret are such. So are those of a commit that did not know of a member's removal yet.
   */
  async report(finding: Finding, isMendable: boolean): Promise<void> {
    const folder = ownerOf(finding.path, this.#place.folder)
    const isBehind = this.#sides.isBehind(finding.commit)
    const isHeld =
      finding.kind === 'problem' && isSecret(folder, this.#place) && (isMendable || this.#isMerge || isBehind)
    if (isHeld) this.#mending.hold(finding, folder, isBehind && !isMendable)
    else await this.#reports.finding(finding)
  }

  /** Checks one commit. Returns `undefined` if it does nothing to the vault. */
  async verify(commit: RangeCommit): Promise<CommitReport | undefined> {
    this.#findings.commit = commit.commit
    this.#findings.forget()
    this.#isMerge = commit.parents.length > 1
    this.#rollbacks.add(commit)
    await this.#verifyFolder(commit)
    const logs = await this.#logs.of(commit, this.#findings)
    await this.#sides.add(commit, logs)
    if (!logs) return undefined
    const view = this.#open(commit.commit, logs.newest.access)
    if (commit.files.length > 0) {
      await this.#verifyFiles(commit, view, logs)
      const folders = new Set(commit.files.map(({ path }) => ownerOf(path, this.#place.folder)))
      await this.#mending.end({ commit: commit.commit, view, folders, isMerge: this.#isMerge }, folder =>
        this.#rollbacks.statesUpTo(commit, view, folder)
      )
    }
    return commitReport(
      commit,
      { vault: this.#vault, place: this.#place, findings: this.#findings },
      view,
      logs
    )
  }

  /** Ends the check of the range. */
  async end(): Promise<void> {
    await this.#logs.end(this.#findings)
  }

  async #verifyFiles(commit: RangeCommit, view: View, { own, before }: CommitLogs): Promise<void> {
    const check = { findings: this.#findings, counts: this.#counts, identity: undefined }
    const isAll = own && before && mayInvalidate(before.access, own.access)
    if (isAll) {
      const open = (tree: Tree) => this.#open(commit.commit, view.access, tree)
      await verifyCommit(this.#vault, commit.commit, open, { ...check, log: own.access })
    }
    const expected = await this.#verifyKeys(commit, view, own ?? before, before)
    for await (const folder of vaultFolders(inOrder(commit), this.#place.folder)) {
      const there = present(folder)
      if (!isSecret(folder.path, this.#place)) {
        if (!isAll) await verifyOther(there, expected, this.#findings)
      } else {
        if (!isAll) await verifySecret(view, await this.#withRest(folder, there, commit.commit), check)
        await this.#rollbacks.checkSecret(commit, view, folder.path)
      }
    }
  }

  /** The range is judged in the folder that it begins with: a commit that names another one could bring back old files. */
  async #verifyFolder(commit: RangeCommit): Promise<void> {
    const change = commit.files.find(({ path }) => path === VAULTRC)
    if (!change) return
    const tree = this.#treeOf(commit.commit)
    const before = this.#findings.problems
    const vaultrc = await this.#findings.check(VAULTRC, () => readDocument(tree, 'vaultrc', VAULTRC))
    if (this.#findings.problems > before) return
    const { folder } = this.#place
    if (!vaultrc) {
      if (await exists(tree, this.#place.access)) await this.#findings.problem(VAULTRC, 'missing')
    } else if (vaultrc.vault !== folder)
      await this.#findings.problem(VAULTRC, `moves the vault from "${folder}" to "${vaultrc.vault}"`)
    else if (change.isOwn && commit.parents.length > 0 && (await this.#hasVault(commit.parents)))
      await this.#findings.warning(VAULTRC, "changed; the vault's folder stays the same")
  }

  async #hasVault(commits: readonly string[]): Promise<boolean> {
    for (const commit of commits) if (await exists(this.#treeOf(commit), VAULTRC)) return true
    return false
  }

  /** Checks the key documents. Returns the paths of all files in the vault that belong to no secret. */
  async #verifyKeys(
    commit: RangeCommit,
    view: View,
    log: Log | undefined,
    before: Log | undefined
  ): Promise<Set<string>> {
    const { files } = commit
    const changed = new Set(files.map(({ path }) => path))
    // before the check of the log's keys: only the first finding for a file is reported
    for (const path of changed)
      if (path.startsWith(`${this.#place.folder}/keys/`)) await this.#rollbacks.checkKey(commit, view, path)
    const since = before?.access.entries.length ?? 0
    const keys = log
      ? await verifyKeys(
          view,
          log.access,
          this.#findings,
          (path, generation) => generation.since > since || changed.has(path)
        )
      : []
    return new Set([VAULTRC, this.#place.access, ...keys])
  }

  /** Adds the files that remain in the folder of a secret whose documents are removed. */
  async #withRest(folder: VaultFolder, there: VaultFolder, commit: string): Promise<VaultFolder> {
    const isRemoved = folder.files.some(
      ({ path, mode }) => mode === '' && /\/(?:secret|stages)\.yaml$/.test(path)
    )
    if (!isRemoved) return there
    const files = new Map(there.files.map(file => [file.path, file]))
    for await (const file of this.#vault.repository.files(commit, `${folder.path}/versions`))
      files.set(file.path, file)
    return { path: folder.path, files: [...files.values()] }
  }

  /** The view of a commit that came before, by default under its own log; `undefined` if it has no vault. */
  async #viewOf(commit: string, access?: Access): Promise<View | undefined> {
    const log = access ?? (await this.#logs.at(commit))?.access
    return log && this.#open(commit, log)
  }

  #open(commit: string, access: Access, tree = this.#treeOf(commit)): View {
    const seen = nothingSeen()
    return new View(tree, this.#place, access, seen, 0, { acceptance: this.#sides.acceptanceOf(commit) })
  }

  #treeOf(commit: string): Tree {
    const tree = this.#trees.get(commit) ?? this.#vault.repository.treeOf(commit)
    keepLast(this.#trees, TREES, commit, tree)
    return tree
  }
}

/** The files in an order that lists all of a folder before its siblings. Removed files have an empty mode. */
async function* inOrder({ files }: RangeCommit): AsyncIterable<ListedFile> {
  const order = (path: string) => path.replaceAll('/', '\0')
  const sorted = files.map(({ path, mode = '' }) => ({ path, mode }))
  yield* sorted.sort((a, b) => (order(a.path) < order(b.path) ? -1 : 1))
}

const present = ({ path, files }: VaultFolder): VaultFolder => ({
  path,
  files: files.filter(({ mode }) => mode !== '')
})
