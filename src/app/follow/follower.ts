import { VaultError } from '../../core/errors.js'
import type { RemoteFirst } from '../../system/commit/remoteFirst.js'
import { discover } from '../../system/git/discover.js'
import { readHead, type Head } from '../../system/git/head.js'
import type { Place } from '../../system/git/place.js'
import { Contention } from '../../system/remote/contention.js'
import { newestAt, pushCommit } from '../../system/remote/push.js'
import type { Dialogue } from '../../system/remote/remoteGit.js'
import { upstreamOf, type Upstream } from '../../system/remote/upstream.js'
import { openRepository } from '../../system/repository.js'
import { Vault } from '../../vault/vault.js'
import type { World } from '../../vault/world.js'
import { headToSync } from '../sync/repositoryState.js'
import { sync } from '../sync/sync.js'
import type { Synced } from '../sync/types.js'
import { Gate } from './gate.js'
import { Standing, type Work } from './standing.js'

export interface FollowOptions {
  /** The name of a remote. */
  readonly remote: string
  /** Milliseconds from one fetch to the next. */
  readonly interval: number
  /** Whether a write succeeds only if the remote takes it. */
  readonly push: boolean
}

/** How often a turn fetches before it begins, if others push at the same time. */
const MAX_CATCH_UPS = 3
/** For one git command that talks to the remote. */
const MAX_GIT_MS = 60_000
/** How long the start of a server waits for the first fetch. */
const MAX_FIRST_MS = 10_000
/** How long the end of a server waits for pushes. */
const MAX_LAST_MS = 10_000

/** Keeps a clone that is served in step with a branch of a remote. With `push`, it is the remote of every write. */
export class Follower implements RemoteFirst {
  readonly gate = new Gate()
  readonly #place: Place
  readonly #branch: string
  readonly #upstream: Upstream
  readonly #options: FollowOptions
  readonly #notice: (line: string) => void
  readonly #standing: Standing
  readonly #contention = new Contention()
  readonly #stopping = new AbortController()
  readonly #dialogue: Dialogue
  #world: World | undefined
  /** The newest commit that the remote was known to have. */
  #newest: string | undefined
  /** Whether nothing speaks against `newest` being that of now. */
  #isSure = false
  #isLost = false
  #queue: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  private constructor(
    { place, branch, upstream }: { place: Place; branch: string; upstream: Upstream },
    options: FollowOptions,
    notice: (line: string) => void
  ) {
    this.#place = place
    this.#branch = branch
    this.#upstream = upstream
    this.#options = options
    this.#notice = notice
    this.#standing = new Standing(upstream.name, options.push, notice)
    this.#dialogue = { mayAsk: false, limit: MAX_GIT_MS, stop: this.#stopping.signal }
  }

  /**
   * Throws `Usage` if there is no such remote, and `RepositoryState` if there is no branch.
   * @param options without a remote, it is that of the branch's upstream, and pushes go there, too
   */
  static async open(
    directory: string,
    options: Omit<FollowOptions, 'remote'> & { readonly remote?: string | undefined },
    notice: (line: string) => void
  ): Promise<Follower> {
    const place = discover(directory)
    const { branch } = await headToSync(place)
    const remote = options.remote ?? (await upstreamOf(place, branch)).remote
    const upstream = await upstreamOf(place, branch, remote)
    return new Follower({ place, branch, upstream }, { ...options, remote }, notice)
  }

  /** Fetches for the first time, and then at each interval. Returns after the first time, or when it takes long. */
  async start(world: World): Promise<void> {
    this.#world = world
    let late: NodeJS.Timeout | undefined
    const isLate = new Promise<void>(resolve => (late = setTimeout(resolve, MAX_FIRST_MS)))
    await Promise.race([this.#follow(), isLate])
    clearTimeout(late)
  }

  /** Fetches no more. Writes have a while to be pushed until `end`; after it, they fail. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    setTimeout(() => this.#stopping.abort(), MAX_LAST_MS).unref()
  }

  /** Resolves when nothing works with the remote any more. */
  async end(): Promise<void> {
    this.#stopping.abort()
    await this.#queue
  }

  async turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const losses = this.#contention.givesUp()
      if (losses !== undefined) throw this.#raced(losses)
      await this.#contention.pause()
      await this.#level()
      const result = await this.#contention.push(work)
      // the remote took what this clone could not follow
      if (this.#isSure && !(await this.#isLevel())) await this.#sync().catch(() => undefined)
      return result
    })
  }

  isNewest({ branch, oid }: Head): boolean {
    return this.#isSure && branch === this.#branch && oid === this.#newest
  }

  async confirm(oid: string | undefined): Promise<boolean> {
    return (await this.#ask()) === oid || this.#lost()
  }

  async push(oid: string): Promise<boolean> {
    try {
      const reason = await pushCommit(this.#place, this.#upstream, oid, this.#dialogue)
      if (reason !== undefined) return this.#lost()
    } catch (error) {
      this.#isSure = false
      // the connection may have broken after the remote took it
      if ((await this.#ask()) !== oid) return this.#fail('push', error)
    }
    this.#newest = oid
    this.#isSure = true
    this.#contention.won()
    this.#standing.good('push')
    return true
  }

  /** Whether the branch is at the newest commit of the remote. */
  async #isLevel(): Promise<boolean> {
    return this.isNewest(await readHead(this.#place))
  }

  /** Brings the branch to the newest commit of the remote. */
  async #level(): Promise<void> {
    if (!(await this.#isLevel())) await this.#sync()
    // the others go on while this verifies what came, so it comes closer with each time
    for (let time = 1; time <= MAX_CATCH_UPS && this.#contention.isBusy; time++) {
      if ((await this.#ask()) === this.#newest) return
      await this.#sync()
    }
  }

  #lost(): false {
    this.#isSure = false
    this.#isLost = true
    return false
  }

  async #ask(): Promise<string | undefined> {
    return newestAt(this.#place, this.#upstream, this.#dialogue).catch(error => this.#fail('fetch', error))
  }

  async #follow(): Promise<void> {
    // the problem has been told
    await this.#inTurn(() => this.#sync()).catch(() => undefined)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#follow(), this.#options.interval).unref()
  }

  /** Fetches, verifies and moves the branch forward. Throws if the branch cannot be brought to the state of the remote. */
  async #sync(): Promise<void> {
    const before = this.#newest
    const synced = await this.#contention
      .catchUp(() => this.#synced())
      .catch(error => this.#fail('fetch', error))
    this.#newest = synced.pushed ?? synced.fetched
    this.#isSure = true
    if (this.#isLost) this.#contention.lost(synced.received > 0)
    else if (synced.received > 0) this.#contention.met()
    this.#isLost = false
    if (before !== undefined) await this.#noteRewound(before, synced)
    const [conflict] = synced.conflicts
    if (conflict)
      this.#fail('fetch', new VaultError('MergeConflict', conflict.reason, { hint: conflict.hint }))
    this.#standing.good('fetch')
  }

  async #synced(): Promise<Synced> {
    const world = this.#world!
    const { branch } = await headToSync(this.#place)
    if (branch !== this.#branch) throw otherBranch(this.#branch)
    // of its own, because git's processes do not outlive a fetch that runs housekeeping
    const repository = await openRepository(this.#place.root, { onWarning: world.notice })
    try {
      return await sync(new Vault({ ...world, repository }), {
        directory: this.#place.root,
        remote: this.#options.remote,
        push: this.#options.push,
        dialogue: this.#dialogue,
        whileMoving: work => this.gate.change(work)
      })
    } finally {
      await repository.close()
    }
  }

  #fail(work: Work, error: unknown): never {
    if (!this.#stopping.signal.aborted) this.#standing.bad(work, error)
    throw error
  }

  /** Tells that the remote lacks commits that it had. */
  async #noteRewound(before: string, { fetched, pushed }: Synced): Promise<void> {
    if (fetched === undefined || fetched === before) return
    if (await this.#world!.repository.isAncestor(before, fetched)) return
    const commits = `${this.#upstream.name} was rewound: it lacked commits up to ${before.slice(0, 12)}`
    this.#notice(
      pushed === undefined ? `${commits}, which stay in this clone` : `${commits}, which were pushed again`
    )
  }

  #raced(losses: number): VaultError {
    return new VaultError(
      'RepositoryBusy',
      `others pushed to ${this.#upstream.name} during each of ${losses} attempts`
    )
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

function otherBranch(branch: string): VaultError {
  const name = branch.replace('refs/heads/', '')
  return new VaultError('RepositoryState', `this server follows ${name}, and HEAD is another branch`, {
    hint: `git switch ${name}`
  })
}
