import type { Access } from '../../core/access/access.js'
import type { ListedFile, RangeCommit, Tree } from '../../core/ports.js'
import { mayInvalidate } from '../../core/access/readers.js'
import { keepLast } from '../../core/format/parseCache.js'
import { compareSecret, decidingDocument, rolledBackLabel } from '../../core/versions/seen.js'
import type { Findings } from './findings.js'
import { refusalOf } from '../documents/refusal.js'
import { VAULTRC, type Place } from '../documents/place.js'
import { RangeLogs, type CommitLogs, type Log } from './rangeLogs.js'
import { Seen } from '../memory/seen.js'
import { commitReport, type CommitReport } from './commitReport.js'
import { vaultFolders, type VaultFolder } from './folders.js'
import type { Vault } from '../vault.js'
import { isSecret, verifyCommit, verifyOther } from './verify.js'
import { verifyKeys } from './verifyKeys.js'
import { exists, NOT_LISTED, regionOf, verifySecret, type VerifyCounts } from './verifySecret.js'
import { seenState } from '../memory/seenState.js'
import { View, type Secret } from '../view.js'

/** How many commits' trees are cached: the parents of a commit are mostly among the last few. */
const TREES = 4

/** Checks the commits of a range, one by one, parents first. */
export class RangeCheck {
  readonly #vault: Vault
  readonly #place: Place
  readonly #findings: Findings
  readonly #logs: RangeLogs
  readonly #counts: VerifyCounts = { secrets: 0, versions: 0, opened: 0, closed: 0 }
  readonly #trees = new Map<string, Tree>()

  /** @param base the access log of the commit that the range begins after, if it has a vault */
  constructor(vault: Vault, place: Place, base: Log | undefined, findings: Findings) {
    this.#vault = vault
    this.#place = place
    this.#findings = findings
    this.#logs = new RangeLogs(place, commit => this.#treeOf(commit), base)
  }

  /** How many documents were checked. */
  get checked(): Pick<VerifyCounts, 'secrets' | 'versions'> {
    const { secrets, versions } = this.#counts
    return { secrets, versions }
  }

  /** Checks one commit. Returns `undefined` if it does nothing to the vault. */
  async verify(commit: RangeCommit): Promise<CommitReport | undefined> {
    this.#findings.commit = commit.commit
    this.#findings.forget()
    const logs = await this.#logs.of(commit, this.#findings)
    if (!logs) return undefined
    const own = commit.files.filter(({ isOwn }) => isOwn)
    if (logs.before && own.some(({ path }) => path === VAULTRC))
      await this.#findings.warning(VAULTRC, 'says where the vault is, and is changed here')
    const view = this.#view(this.#treeOf(commit.commit), logs.newest.access)
    if (commit.files.length > 0) await this.#verifyFiles(commit, view, logs)
    return commitReport(
      commit,
      { vault: this.#vault, place: this.#place, findings: this.#findings },
      view,
      logs
    )
  }

  async #verifyFiles(commit: RangeCommit, view: View, { own, before }: CommitLogs): Promise<void> {
    const check = { findings: this.#findings, counts: this.#counts, identity: undefined }
    const isAll = own && before && mayInvalidate(before.access, own.access)
    if (isAll) await verifyCommit(this.#vault, commit.commit, view, { ...check, log: own.access })
    const expected = await this.#verifyKeys(commit, view, own ?? before, before)
    for await (const folder of vaultFolders(inOrder(commit), this.#place.folder)) {
      const there = present(folder)
      if (!isSecret(folder.path, this.#place)) {
        if (!isAll) await verifyOther(there, expected, this.#findings)
      } else {
        if (!isAll) await verifySecret(view, await this.#withRest(folder, there, commit.commit), check)
        await this.#compare(view, folder.path, commit.parents)
      }
    }
  }

  /** Checks the key documents. Returns the paths of all files in the vault that belong to no secret. */
  async #verifyKeys(
    { files }: RangeCommit,
    view: View,
    log: Log | undefined,
    before: Log | undefined
  ): Promise<Set<string>> {
    const changed = new Set(files.map(({ path }) => path))
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

  /** Compares a secret with its state in each parent: git reverts to an old state without a warning. */
  async #compare(view: View, folder: string, parents: readonly string[]): Promise<void> {
    const found = await acceptedSecret(view, folder)
    if (!found) return
    const { name, place, stages } = found
    const state = seenState(found)
    for (const parent of parents) {
      const log = await this.#logs.at(parent)
      const other = log && (await acceptedSecret(this.#view(this.#treeOf(parent), log.access), folder))
      if (!other) continue
      for (const versionId of other.stages.versions.keys())
        if (!stages.versions.has(versionId) && (await exists(view.tree, place.version(versionId))))
          await this.#findings.problem(place.version(versionId), NOT_LISTED)
      const before = seenState(other)
      const age = compareSecret(state, before)
      const path = place[decidingDocument(state, before)]
      if (age === 'older')
        await this.#findings.problem(path, `an older state of ${name} than an earlier commit has`)
      else if (age === 'fork')
        await this.#findings.problem(path, `a state of ${name} that contradicts an earlier commit`)
      else if (state.arn === before.arn) {
        const label = rolledBackLabel(state.moves, before.moves)
        if (label !== undefined)
          await this.#findings.problem(
            place.stages,
            `${label} of ${name} has an older move than an earlier commit has`
          )
      }
    }
  }

  #view(tree: Tree, access: Access): View {
    return new View(tree, this.#place, access, new Seen(this.#vault.repository.memory, undefined), 0)
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

/** Returns the secret in a folder, or `undefined` if there is none or it is refused, which is reported elsewhere. */
async function acceptedSecret(home: View, folder: string): Promise<Secret | undefined> {
  const region = await regionOf(home, folder)
  if (region === undefined) return undefined
  const view = home.inRegion(region)
  try {
    return await view.secretAtAnyAge(view.place.secretIn(folder))
  } catch (error) {
    refusalOf(error)
    return undefined
  }
}
