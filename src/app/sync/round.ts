import { VaultError } from '../../core/errors.js'
import type { Place as GitPlace } from '../../system/git/place.js'
import { refreshIndex } from '../../system/index/refreshIndex.js'
import { fetchUpstream } from '../../system/remote/fetch.js'
import { moveForward } from '../../system/remote/fastForward.js'
import { baseWithRemote, countCommits, mergeBase } from '../../system/remote/history.js'
import { missingFetcher } from '../../system/remote/missingFiles.js'
import type { Upstream } from '../../system/remote/upstream.js'
import { findPlace, VAULTRC, type Place } from '../../vault/documents/place.js'
import { noteReapplied } from '../../vault/memory/pin.js'
import { rememberThere } from '../../vault/sync/verifiedThere.js'
import { logHashes } from '../../vault/documents/readLog.js'
import { forkedLog } from '../../vault/sync/logs.js'
import type { Vault } from '../../vault/vault.js'
import { rememberTip, verifiedTip } from '../../vault/sync/verifiedTips.js'
import { checkPulled } from './checkRange.js'
import { Checks, OWN } from './checks.js'
import { checkTip } from './checkTip.js'
import { joinedOf, unmergedOf } from './describe.js'
import { commitMerge, mergeBranches, type Branches, type SignedMerge } from './mergeBranches.js'
import { mergeFork, openFork, rehearsed, under } from './reapply.js'
import { remember } from './remember.js'
import { headToSync, unrelated, type SyncHead } from './repositoryState.js'
import { trackUpstream } from './trackUpstream.js'
import type { Synced, SyncOptions } from './types.js'

/** How often integrating starts again because the branch moved. */
const MAX_MOVES = 10

/** A commit to be pushed, or `undefined` if a conflict or a rehearsal leaves nothing to push. */
type Integrated = { readonly commit: string | undefined }

/** Others in this clone have changed the branch each time. */
export const moved = (attempts: number): VaultError =>
  new VaultError('RepositoryBusy', `the branch moved during each of ${attempts} attempts`)

/** Fetches and integrates, again after each push that lost a race, and collects what was done. */
export class Round {
  readonly #git: GitPlace
  readonly #vault: Vault
  readonly #upstream: Upstream
  readonly #options: SyncOptions
  readonly #fetchMissing: ReturnType<typeof missingFetcher>
  readonly #checks: Checks
  synced: Synced
  /** The upstream's commit that was fetched last. */
  fetched: string | undefined
  /** The commit up to which the branch has what the upstream has. */
  #base: string | undefined
  #hasMerged = false
  /** Moves the branch to the merge that is being pushed. */
  #landing: (() => Promise<Integrated | 'moved'>) | undefined

  constructor(git: GitPlace, vault: Vault, upstream: Upstream, options: SyncOptions) {
    this.#git = git
    this.#vault = vault
    this.#upstream = upstream
    this.#options = options
    this.#fetchMissing = missingFetcher(git, options.dialogue)
    this.#checks = new Checks(git, vault, upstream, options.acceptClock === true)
    this.synced = {
      ...{ upstream: upstream.name, pushTo: upstream.push.name },
      ...{ received: 0, incoming: [], joined: [], reapplied: [], conflicts: [], sent: 0, outgoing: [] },
      ...{ isPushed: false, races: 0 }
    }
  }

  lostRace(): void {
    this.synced = { ...this.synced, races: this.synced.races + 1 }
    this.#landing = undefined
  }

  /** Moves the branch to the merge of `integrate`, if it is not there yet. Returns false if the branch has moved meanwhile. */
  async land(): Promise<boolean> {
    const landing = this.#landing
    this.#landing = undefined
    return landing === undefined || (await landing()) !== 'moved'
  }

  /**
   * Fetches the upstream and makes a commit that contains it and the branch. Moves the branch forward to it, which tells
   * whether the user's own changes are in the way. But only `land` moves it to a second merge, so that merges which lose the
   * race are not in the history. Returns the commit, or `undefined` if nothing was changed because of a conflict.
   */
  async integrate(): Promise<string | undefined> {
    const theirs = await fetchUpstream(this.#git, this.#upstream, this.#options.dialogue)
    this.fetched = theirs
    for (let attempt = 1; attempt <= MAX_MOVES; attempt++) {
      const head = await headToSync(this.#git)
      const done = theirs === undefined ? await this.#first(head) : await this.#onto(head, theirs)
      if (done !== 'moved') return done.commit
    }
    throw moved(MAX_MOVES)
  }

  /**
   * The remote has no such branch yet: everything is sent. The whole newest state is verified, and each commit since the
   * branch left the other branches of the remote.
   */
  async #first({ oid }: SyncHead): Promise<{ commit: string }> {
    const place = await findPlace(this.#vault.repository.treeOf(oid))
    const base = await baseWithRemote(this.#git, this.#upstream.push.remote, oid)
    const missing = { to: [oid], paths: [place.folder, VAULTRC] }
    for (const from of base === undefined ? [undefined] : [base, undefined])
      await this.#fetchMissing({ from, ...missing })
    const outgoing = base === undefined ? [] : await this.#checks.outgoing(base, oid, place)
    await checkTip(this.#vault, oid)
    this.#add({ outgoing, sent: await countCommits(this.#git, undefined, oid) })
    return { commit: oid }
  }

  async #onto(head: SyncHead, theirs: string): Promise<Integrated | 'moved'> {
    const { repository } = this.#vault
    const base = await mergeBase(this.#git, head.oid, theirs)
    this.#base = base
    if (base === undefined) throw unrelated(this.#upstream.name, (await repository.shallowCommits()).size > 0)
    const missing = { from: base, to: [theirs, head.oid] }
    await this.#fetchMissing({ ...missing, paths: [VAULTRC] })
    // a branch from before the vault was made has none
    const place = await findPlace(repository.treeOf(base === head.oid ? theirs : head.oid))
    await this.#fetchMissing({ ...missing, paths: [place.folder] })
    if (base === theirs) {
      await this.#rememberThere(theirs, place)
      const outgoing = await this.#checks.outgoing(theirs, head.oid, place)
      this.#add({ outgoing, sent: await countCommits(this.#git, theirs, head.oid) })
      return { commit: head.oid }
    }
    const branches = { base, theirs, ours: head.oid, branch: head.branch }
    if (base === head.oid) {
      await this.#checks.incoming(branches, place)
      await this.#rememberThere(theirs, place)
      return this.#move(head, place, { theirs, make: async () => theirs })
    }
    const fork = await forkedLog(place, {
      base: repository.treeOf(base),
      ours: repository.treeOf(head.oid),
      theirs: repository.treeOf(theirs)
    })
    if (fork) return this.#fork(head, place, branches)
    await this.#checks.incoming(branches, place)
    await this.#rememberThere(theirs, place)
    const merged = await mergeBranches(this.#git, this.#vault, branches, {
      mayAsk: this.#options.dryRun !== true,
      acceptsDates: this.#options.acceptClock
    })
    return this.#merge(head, place, branches, merged)
  }

  /** Both sides have extended the access log: ours is made again after theirs. */
  async #fork(head: SyncHead, place: Place, branches: Branches): Promise<Integrated | 'moved'> {
    const { theirs } = branches
    const logs = await openFork(this.#git, this.#vault, place, branches, this.#upstream)
    const trunk = under(this.#vault, logs.trunk.bytes)
    await this.#checks.incoming(branches, place, trunk)
    await this.#rememberThere(theirs, place)
    if (this.#options.dryRun === true) {
      const sent = await countCommits(this.#git, theirs, head.oid)
      this.#add({ ...this.#checks.takeCame(), reapplied: rehearsed(logs), sent })
      return { commit: undefined }
    }
    const { name: upstream } = this.#upstream
    const acceptsDates = this.#options.acceptClock
    const merged = await mergeFork(this.#git, trunk, branches, { logs, place, upstream, acceptsDates })
    const done = await this.#merge(head, place, branches, merged)
    if (done !== 'moved' && done.commit !== undefined)
      this.#add({ reapplied: [...this.synced.reapplied, ...merged.entries] })
    return done
  }

  async #merge(
    head: SyncHead,
    place: Place,
    branches: Branches,
    merged: SignedMerge & { readonly log?: Uint8Array }
  ): Promise<Integrated | 'moved'> {
    const { theirs } = branches
    const isRehearsal = this.#options.dryRun === true
    const conflicts = unmergedOf(merged, this.#upstream.revision, isRehearsal)
    const joined = joinedOf(merged, this.#upstream.name)
    if (conflicts.length > 0) {
      // A conflict may name `git reset --keep`, which then works. If another git has locked the index, it says so itself.
      await refreshIndex(this.#git).catch(() => undefined)
      this.synced = { ...this.synced, conflicts }
      return { commit: undefined }
    }
    if (isRehearsal) {
      const outgoing = await this.#checks.outgoing(branches.base, head.oid, place)
      this.#add({
        ...this.#checks.takeCame(),
        joined,
        outgoing,
        sent: await countCommits(this.#git, theirs, head.oid)
      })
      return { commit: undefined }
    }
    const { name, revision } = this.#upstream
    const make = async (): Promise<string> => {
      const commit = await commitMerge(this.#git, branches, place, merged, {
        name,
        revision,
        now: this.#vault.clock.now()
      })
      // everybody else will check this range, so nothing that they would refuse is pushed
      await this.#checks.outgoing(theirs, commit, place, merged.log && under(this.#vault, merged.log))
      // from here on, this clone's own pin differs from the branch
      if (merged.log) await noteReapplied(this.#vault.repository.memory, merged.log)
      return commit
    }
    const land = async (ready: typeof make): Promise<Integrated | 'moved'> => {
      const done = await this.#move(head, place, { theirs, make: ready })
      if (done !== 'moved') this.#add({ joined })
      return done
    }
    const isFirst = !this.#hasMerged
    this.#hasMerged = true
    // entries of the log that are made again become this clone's own before others see them
    if (isFirst || merged.log || this.#options.push === false) return land(make)
    const commit = await make()
    this.#landing = () => land(async () => commit)
    return { commit }
  }

  async #move(
    head: SyncHead,
    place: Place,
    { theirs, make }: { theirs: string; make: () => Promise<string> }
  ): Promise<{ commit: string } | 'moved'> {
    const { whileMoving } = this.#options
    const forward = {
      ...{ folder: place.folder, onWarning: (line: string) => this.#vault.notice(line) },
      ...(whileMoving ? { whileMoving } : {})
    }
    const isRehearsal = this.#options.dryRun === true
    const commit = isRehearsal ? await make() : await moveForward(this.#git, head, make, forward)
    if (commit === undefined) return 'moved'
    if (!isRehearsal)
      await remember(this.#vault, this.#git, { from: head.oid, to: commit, branch: head.branch }, place)
    this.#add({ ...this.#checks.takeCame(), sent: await countCommits(this.#git, theirs, commit) })
    return { commit }
  }

  /**
   * Verifies what has come to the branch without a sync, and was pushed or pulled by git alone since the last one: nobody
   * else has told of its problems.
   * @param target the commit that the branch has moved to
   */
  async checkPulled(target: string): Promise<void> {
    const { repository } = this.#vault
    const [{ memory }, theirs, { tracking }] = [repository, this.fetched, this.#upstream]
    if (theirs === undefined || this.#options.dryRun === true) return
    const from = await verifiedTip(memory, tracking)
    const isKnown = from === undefined || from === theirs || from === this.#base
    if (!isKnown && (await repository.isAncestor(from, theirs))) {
      const { folder } = await findPlace(repository.treeOf(target))
      await this.#fetchMissing({ from, to: [target], paths: [folder, VAULTRC] })
      await checkPulled(this.#vault, { from, to: target, ...OWN })
    }
    await rememberTip(memory, tracking, theirs)
    await trackUpstream(this.#git, this.#vault, this.#upstream)
  }

  /** Remembers that the upstream has a commit, which was verified. */
  async pushed(commit: string): Promise<void> {
    if (this.#upstream.push.name !== this.#upstream.name) return
    await trackUpstream(this.#git, this.#vault, this.#upstream)
    await rememberTip(this.#vault.repository.memory, this.#upstream.tracking, commit)
    await this.#rememberThere(commit, await findPlace(this.#vault.repository.treeOf(commit)))
  }

  async #rememberThere(commit: string, place: Place): Promise<void> {
    if (this.#options.dryRun === true) return
    const { repository } = this.#vault
    const hashes = await logHashes(repository.treeOf(commit), place)
    await rememberThere(repository.memory, this.#upstream.tracking, hashes, line => this.#vault.notice(line))
  }

  /** Adds to what was done; the counts of what is to be sent are replaced. */
  #add({ received = 0, incoming = [], joined = [], ...rest }: Partial<Synced>): void {
    const { synced } = this
    this.synced = {
      ...synced,
      ...rest,
      received: synced.received + received,
      incoming: [...synced.incoming, ...incoming],
      joined: [...synced.joined, ...joined]
    }
  }
}
