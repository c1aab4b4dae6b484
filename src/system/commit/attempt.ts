import { VaultError } from '../../core/errors.js'
import { Chain } from './chain.js'
import { refuseConverted } from './conversions.js'
import { decideAll, type ChainedWrites } from './decide.js'
import { errno, fileFailed } from '../files/files.js'
import { readIndex } from '../index/gitIndex.js'
import { indexStamp, takeIndexLock, type IndexLock } from '../index/indexLock.js'
import { readHead, type Head } from '../git/head.js'
import { HeadTree } from './headTree.js'
import { signatureOf } from './author.js'
import { detached, refuseBare, refuseInProgress } from './obstacles.js'
import { type Place } from '../git/place.js'
import { findReplaceable, refuseEdits } from './plan.js'
import { isWritten, type PlannedFile, type WrittenFile } from '../index/plannedFile.js'
import type { PreparedProcesses, WriteOptions } from './prepared.js'
import { signCommit } from './sign.js'
import type { SignalGate } from './signals.js'
import { hasMoved, Publication, type CheckedPaths, type HeadBranch } from './publication.js'
import { AGAIN, type Outcomes, type PendingWrite } from './pendingWrite.js'
import { LOST } from './remoteFirst.js'
import { shown } from '../files/paths.js'

/** One attempt to commit pending writes on the present HEAD. */
export class Attempt {
  readonly #place: Place
  readonly #options: WriteOptions
  readonly #prepared: PreparedProcesses
  readonly #signals: SignalGate
  readonly #locksEarly: boolean
  #publication: Publication | undefined

  /**
   * @param locksEarly locks git's index before HEAD is read: `git commit`, which moved the branch during the last attempts,
   * then cannot move it again
   */
  constructor(
    place: Place,
    options: WriteOptions,
    prepared: PreparedProcesses,
    signals: SignalGate,
    locksEarly: boolean
  ) {
    this.#place = place
    this.#options = options
    this.#prepared = prepared
    this.#signals = signals
    this.#locksEarly = locksEarly
  }

  /**
   * Makes one commit for each pending write, each on top of the one before. They share the processes and the ref update.
   * Returns `LOST` if there is a remote that has another newest commit.
   * @param refused receives the writes whose files the user has edited: the next attempt skips them
   */
  async run(
    pending: readonly PendingWrite[],
    refused: Outcomes
  ): Promise<Outcomes | typeof AGAIN | typeof LOST> {
    // Signing may ask for a passphrase: no lock of git's is held meanwhile.
    const isLocked = this.#locksEarly && !(await this.#isSigned())
    const lock = isLocked ? await takeIndexLock(this.#place) : undefined
    if (lock) this.#options.onStep('index locked')
    try {
      return await this.#run(pending, refused, lock)
    } finally {
      if (this.#publication?.isPending !== true) lock?.release()
    }
  }

  async #run(
    pending: readonly PendingWrite[],
    refused: Outcomes,
    lock: IndexLock | undefined
  ): Promise<Outcomes | typeof AGAIN | typeof LOST> {
    const { remote } = this.#options
    const head = await readHead(this.#place)
    if (head.branch === undefined) throw detached()
    await refuseInProgress(this.#place)
    if (remote?.isNewest(head) === false) return LOST
    const tree = new HeadTree(this.#prepared.objects, head.oid, this.#prepared.warm.known)
    const chain = new Chain(tree)
    const served = pending.length === 1 || (await this.#isSigned()) ? pending.slice(0, 1) : pending
    const { outcomes, chained } = await decideAll(served, tree, chain, () => this.#oidLength(head))
    if (this.#prepared.shouldRetry) return AGAIN
    this.#options.onStep('decided')
    // a refusal, too, must be one of the newest state
    if (chain.links.length === 0) return (await remote?.confirm(head.oid)) === false ? LOST : outcomes
    this.#signals.close()
    try {
      const oids = await this.#write({ ...head, branch: head.branch }, chain, chained, refused, lock)
      if (oids === AGAIN || oids === LOST) return oids
      for (const [at, { write, value }] of chained.entries())
        outcomes.set(write, { committed: { value, commit: oids[at]! } })
      return outcomes
    } catch (cause) {
      if (this.#prepared.shouldRetry && this.#publication?.isPending !== true) return AGAIN
      const isOurs = errno(cause) === undefined || cause instanceof VaultError
      const error = isOurs ? cause : fileFailed('the write failed', cause)
      // For all of them: one may have been refused because of what another was about to write.
      return new Map(
        [...outcomes.keys(), ...chained.map(({ write }) => write)].map(write => [write, { error }])
      )
    } finally {
      await this.#publication?.discard()
    }
  }

  /** A signed commit may ask for a passphrase or a touch of a device, so signed commits are made one at a time. */
  async #isSigned(): Promise<boolean> {
    return (await this.#prepared.config).flag('commit.gpgsign')
  }

  async #oidLength(head: Head): Promise<number> {
    const config = await this.#prepared.config
    refuseBare(this.#place, config)
    const isSha256 = config.text('extensions.objectformat')?.toLowerCase() === 'sha256'
    return head.oid?.length ?? (isSha256 ? 64 : 40)
  }

  async #write(
    head: HeadBranch,
    chain: Chain,
    chained: ChainedWrites,
    refused: Outcomes,
    lock: IndexLock | undefined
  ): Promise<string[] | typeof AGAIN | typeof LOST> {
    const config = await this.#prepared.config
    const oidLength = await this.#oidLength(head)
    const commits = chain.links.map(({ change, files }) => ({
      signature: signatureOf(config, change.member, change.time),
      message: change.message.endsWith('\n') ? change.message : `${change.message}\n`,
      files: { [Symbol.iterator]: () => streamed(files) }
    }))
    await refuseConverted(this.#place, chain.files, config)
    const check = (): Promise<CheckedPaths | typeof AGAIN> =>
      this.#check(head, chain, chained, refused, oidLength)
    const publication = new Publication(this.#place, this.#options, this.#prepared, check, lock)
    this.#publication = publication
    const checked = await check()
    if (checked === AGAIN) return AGAIN

    const made = this.#prepared.objects.commit(head.oid, commits)
    made.catch(() => undefined)
    this.#options.onStep('objects sent')
    const publish = (oids: Promise<string[]>) =>
      this.#publish(head, oids, () => publication.publish(head, chain, oids, config, checked))
    if (!(await this.#isSigned())) return publish(made)
    const [unsigned = ''] = await made
    const [{ signature } = commits[0]!] = commits
    const message = chain.links[0]!.change.message
    const parents = head.oid === undefined ? [] : [head.oid]
    const signed = await signCommit(this.#place, { oid: unsigned, parents, message, signature })
    this.#options.onStep('signed')
    return publish(Promise.resolve([signed]))
  }

  /** Pushes first, if there is a remote. What the remote has taken is committed, even if this clone cannot follow at once. */
  async #publish(
    head: HeadBranch,
    made: Promise<string[]>,
    publish: () => Promise<string[] | typeof AGAIN>
  ): Promise<string[] | typeof AGAIN | typeof LOST> {
    const { remote, onStep, onWarning } = this.#options
    if (remote === undefined) return publish()
    const oids = await made
    if (await hasMoved(this.#place, head)) return AGAIN
    if (!(await remote.push(oids.at(-1)!))) return LOST
    onStep('pushed')
    try {
      if ((await publish()) !== AGAIN) return oids
      onWarning('the remote has a write, but the branch of this clone has moved; the next sync merges them')
    } catch (error) {
      const reason = error instanceof Error ? shown(error.message) : 'unknown'
      onWarning(`the remote has a write, but this clone could not be updated: ${reason}`)
    }
    return oids
  }

  /** Refuses writes over the user's own changes. */
  async #check(
    head: Head,
    chain: Chain,
    chained: ChainedWrites,
    refused: Outcomes,
    oidLength: number
  ): Promise<CheckedPaths | typeof AGAIN> {
    const { root } = this.#place
    const stamp = indexStamp(this.#place)
    const all = chain.files
    const index = await readIndex(this.#place, oidLength)
    const replaceable = await findReplaceable(this.#place, all)
    const snapshots = new Map<string, string>()
    const checkedFolders = new Set<string>()
    for (const [at, own] of chain.ownFiles().entries()) {
      try {
        for (const [path, snapshot] of refuseEdits(root, own, { index, replaceable }, checkedFolders))
          snapshots.set(path, snapshot)
      } catch (error) {
        // What looks like a staged change may be a commit that the user made after HEAD was read.
        if (!(await hasMoved(this.#place, head))) refused.set(chained[at]!.write, { error })
        return AGAIN
      }
    }
    return { index, snapshots, stamp, replaceable }
  }
}

/** The files of a commit as fast-import takes them. A list would take as much memory as the files themselves. */
function* streamed(files: readonly PlannedFile[]): Generator<readonly [string, WrittenFile | undefined]> {
  for (const file of files) yield [file.path, isWritten(file) ? file : undefined]
}
