import type { Access } from '../../core/access/access.js'
import { operations } from '../../core/generated/operations.js'
import type { ListedFile, RangeCommit, Tree } from '../../core/ports.js'
import { takesAway } from '../../core/access/readers.js'
import { keepLast } from '../../core/format/parseCache.js'
import { compareSecret, culprit, labelGoneBack } from '../../core/versions/seen.js'
import type { Findings } from './findings.js'
import { refusalOf } from '../documents/refusal.js'
import { VAULTRC, type Place } from '../documents/place.js'
import { RangeLogs, type CommitLogs, type Log } from './rangeLogs.js'
import { Seen } from '../memory/seen.js'
import { claimOf, SignedOperations, type Claim, type SignedOperation } from './signedOperations.js'
import { NO_TRANSITIONS, transitionsOf, type Transitions } from './transitions.js'
import { vaultFolders, type VaultFolder } from './folders.js'
import type { Vault } from '../vault.js'
import { isSecret, verifyCommit, verifyOther } from './verify.js'
import { verifyKeys } from './verifyKeys.js'
import { isThere, NOT_LISTED, regionOf, verifySecret, type Tally } from './verifySecret.js'
import { seenState } from '../memory/seenState.js'
import { View, type Secret } from '../view.js'

/** What a commit did to the vault. */
export interface CommitReport extends Transitions {
  readonly commit: string
  readonly parents: readonly string[]
  readonly time: Date
  readonly author: string
  /** What members have signed. */
  readonly operations: readonly SignedOperation[]
  /** The entries that it adds to the access log, with who signed them. */
  readonly entries: readonly { readonly entry: string; readonly member: string }[]
  /** What its message says and nobody has signed. */
  readonly claim?: Claim
  /** How many of the vault's files it removes. */
  readonly removed: number
}

/** How many commits' folders are kept at hand: the parents of the next are mostly among the last. */
const TREES = 4
/** Nothing is left of a secret that could bear a signature. */
const REMOVING: readonly string[] = ['DeleteSecret', 'PurgeSecrets']

/** Commits of a range, one after the other, parents first. */
export class RangeCheck {
  readonly #vault: Vault
  readonly #place: Place
  readonly #findings: Findings
  readonly #logs: RangeLogs
  readonly #tally: Tally = { secrets: 0, versions: 0, opened: 0, closed: 0 }
  readonly #trees = new Map<string, Tree>()

  /** @param base of the commit that the range begins after, if there is a vault */
  constructor(vault: Vault, place: Place, base: Log | undefined, findings: Findings) {
    this.#vault = vault
    this.#place = place
    this.#findings = findings
    this.#logs = new RangeLogs(place, commit => this.#treeOf(commit), base)
  }

  get looked(): Pick<Tally, 'secrets' | 'versions'> {
    const { secrets, versions } = this.#tally
    return { secrets, versions }
  }

  /** `undefined` where the commit does nothing to the vault. */
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
    return this.#report(commit, view, logs)
  }

  async #verifyFiles(commit: RangeCommit, view: View, { own, before }: CommitLogs): Promise<void> {
    const check = { findings: this.#findings, tally: this.#tally, identity: undefined }
    const isAll = own && before && takesAway(before.access, own.access)
    if (isAll) await verifyCommit(this.#vault, commit.commit, view, { ...check, log: own.access })
    const expected = await this.#verifyKeys(commit, view, own ?? before, before)
    for await (const folder of vaultFolders(inOrder(commit), this.#place.folder)) {
      const there = present(folder)
      if (!isSecret(folder.folder, this.#place)) {
        if (!isAll) await verifyOther(there, expected, this.#findings)
      } else {
        if (!isAll) await verifySecret(view, await this.#withRest(folder, there, commit.commit), check)
        await this.#compare(view, folder.folder, commit.parents)
      }
    }
  }

  /** Gives the paths of all that is no secret's and has a place in the vault. */
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

  /** With what is left in the folder of a secret whose documents are removed. */
  async #withRest(folder: VaultFolder, there: VaultFolder, commit: string): Promise<VaultFolder> {
    const isRemoved = folder.files.some(
      ({ path, mode }) => mode === '' && /\/(?:secret|stages)\.yaml$/.test(path)
    )
    if (!isRemoved) return there
    const files = new Map(there.files.map(file => [file.path, file]))
    for await (const file of this.#vault.repository.files(commit, `${folder.folder}/versions`))
      files.set(file.path, file)
    return { folder: folder.folder, files: [...files.values()] }
  }

  /** A secret goes on from what each parent has of it: git would bring an old state back without a word. */
  async #compare(view: View, folder: string, parents: readonly string[]): Promise<void> {
    const found = await countingSecret(view, folder)
    if (!found) return
    const { name, place, stages } = found
    const state = seenState(found)
    for (const parent of parents) {
      const log = await this.#logs.at(parent)
      const other = log && (await countingSecret(this.#view(this.#treeOf(parent), log.access), folder))
      if (!other) continue
      for (const versionId of other.stages.versions.keys())
        if (!stages.versions.has(versionId) && (await isThere(view.tree, place.version(versionId))))
          await this.#findings.problem(place.version(versionId), NOT_LISTED)
      const before = seenState(other)
      const age = compareSecret(state, before)
      const path = place[culprit(state, before)]
      if (age === 'older')
        await this.#findings.problem(path, `an older state of ${name} than a commit before it has`)
      else if (age === 'fork')
        await this.#findings.problem(path, `a state of ${name} that contradicts what a commit before it has`)
      else if (state.arn === before.arn) {
        const label = labelGoneBack(state.moves, before.moves)
        if (label !== undefined)
          await this.#findings.problem(
            place.stages,
            `${label} of ${name} goes back behind where a commit before it has it`
          )
      }
    }
  }

  async #report(
    commit: RangeCommit,
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
    const isProved = !claim || signed.has(claim) || isOfLog(claim, entries)
    if (files.length === 0 && isProved) return undefined
    const isRemoval = removed > 0 && removed === files.length && REMOVING.includes(claim?.operation ?? '')
    if (claim && !isProved && !isRemoval) await this.#findings.problem(this.#place.folder, claims(claim))
    const { repository } = this.#vault
    const transitions =
      own && before && entries.length > 0
        ? await transitionsOf(view, [before.access, own.access], repository, commit.commit)
        : NO_TRANSITIONS
    const { commit: id, parents, time, author } = commit
    return {
      ...{ commit: id, parents, time: new Date(time), author, operations: signed.all, entries, removed },
      ...transitions,
      ...(claim && !isProved ? { claim } : {})
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

/** What is no operation on a secret leaves an entry in the log. */
function isOfLog({ operation, member }: Claim, entries: CommitReport['entries']): boolean {
  return !Object.hasOwn(operations, operation) && entries.some(entry => entry.member === member)
}

const claims = ({ operation, subject, member }: Claim): string =>
  `the commit's message claims ${operation} of ${JSON.stringify(subject)} by ${member}, which nobody has signed`

/** With what is beside a folder after all that is in it; removed files have an empty mode. */
async function* inOrder({ files }: RangeCommit): AsyncIterable<ListedFile> {
  const order = (path: string) => path.replaceAll('/', '\0')
  const sorted = files.map(({ path, mode = '' }) => ({ path, mode }))
  yield* sorted.sort((a, b) => (order(a.path) < order(b.path) ? -1 : 1))
}

const present = ({ folder, files }: VaultFolder): VaultFolder => ({
  folder,
  files: files.filter(({ mode }) => mode !== '')
})

/** `undefined` where there is none, or one that does not count, which is told elsewhere. */
async function countingSecret(home: View, folder: string): Promise<Secret | undefined> {
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
