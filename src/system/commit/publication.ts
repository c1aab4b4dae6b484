import { mkdirSync } from 'node:fs'
import { Chain } from './chain.js'
import type { Config } from '../git/config.js'
import { syncFolder } from '../files/files.js'
import { finishWrite, syncFinished } from './finish.js'
import type { GitIndex } from '../index/gitIndex.js'
import { readHead, readRef, type Head } from '../git/head.js'
import { holderOf } from '../files/holder.js'
import { signatureEnvironment, signatureOf } from './author.js'
import { indexStamp, takeIndexLock, type IndexLock } from '../index/indexLock.js'
import { IndexUpdate } from '../index/indexUpdate.js'
import { journalFiles, removeJournal, writeJournal } from './journal.js'
import type { BranchMover } from './branchMover.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { refuseInProgress } from './obstacles.js'
import { shown } from '../files/paths.js'
import { packFolder, writeFolder, type Place } from '../git/place.js'
import { isAsBefore, type Replaceable, type Snapshots } from './plan.js'
import type { PreparedProcesses, WriteOptions } from './prepared.js'
import { presentLocks, RefUpdate, refUpdateFailed, removeRefLocks, syncRef } from './refUpdate.js'
import { StagedFiles } from './stagedFiles.js'
import { AGAIN } from './pendingWrite.js'
import { hooksOff, reasonOf, undated } from './mover.js'

/** The branch and the commit that HEAD named when the write was decided. */
export type HeadBranch = Head & { readonly branch: string }

/** The index and the work tree at the paths of a write, as they were when they were checked. */
export interface CheckedPaths {
  readonly index: GitIndex
  readonly snapshots: Snapshots
  /** The `indexStamp` from before the index was read. */
  readonly stamp: string
  readonly replaceable: Replaceable
}

/**
 * Publishes commits whose objects are being made: the journal, the index, the ref update and the work tree, in the order
 * that survives a crash after each step. The journal is on disk before the index changes, the new index before the branch
 * moves, and the branch before the write is acknowledged.
 */
export class Publication {
  readonly #place: Place
  readonly #options: WriteOptions
  readonly #prepared: PreparedProcesses
  readonly #check: () => Promise<CheckedPaths | typeof AGAIN>
  #indexLock: IndexLock | undefined
  #mover: RefUpdate | BranchMover | undefined
  #update: IndexUpdate | undefined
  #staged: StagedFiles | undefined
  /** From before the branch may move until the outcome is known. */
  #isPending = false
  /** The start of the ref update, in milliseconds since the epoch. */
  #since = 0

  /**
   * @param check checks the paths again, if they have changed before the index was locked
   * @param lock git's lock on the index, if it is held already
   */
  constructor(
    place: Place,
    options: WriteOptions,
    prepared: PreparedProcesses,
    check: () => Promise<CheckedPaths | typeof AGAIN>,
    lock: IndexLock | undefined
  ) {
    this.#place = place
    this.#options = options
    this.#prepared = prepared
    this.#check = check
    this.#indexLock = lock
  }

  /** Whether the branch may have moved, with the outcome unknown. */
  get isPending(): boolean {
    return this.#isPending
  }

  /**
   * Moves the branch to the last commit of the chain, then updates the index and the work tree. Returns the commits' ids,
   * or `AGAIN` if the branch was moved by somebody else.
   * @param made the commits' ids, once their objects exist
   */
  async publish(
    head: HeadBranch,
    chain: Chain,
    made: Promise<string[]>,
    config: Config,
    unlocked: CheckedPaths
  ): Promise<string[] | typeof AGAIN> {
    const place = this.#place
    const { onStep } = this.#options
    const { files, links } = chain
    if (mkdirSync(writeFolder(place), { recursive: true, mode: 0o700 }) !== undefined)
      syncFolder(place.gitDir)
    // Starting a process blocks for milliseconds: these start while fast-import is busy with the disk.
    const { change } = links.at(-1)!
    const signature = signatureOf(config, change.member, change.time)
    const env = { ...signatureEnvironment(signature), ...hooksOff(config) }
    const mover = (this.#mover =
      links.length === 1
        ? new RefUpdate(place, reasonOf(change.message), env)
        : this.#prepared.warm.mover(undated(env)))
    this.#update = new IndexUpdate(place, unlocked.index, files, env)
    const staged = (this.#staged = new StagedFiles(place))
    await staged.write(files)
    onStep('files staged')
    const [oids] = await Promise.all([made, this.#update.ready()])
    const oid = oids.at(-1)!
    syncFolder(packFolder(place))
    onStep('objects made')

    const locked = await this.#lockedState(files, unlocked, env)
    if (locked === AGAIN) return AGAIN
    const { update, snapshots, replaceable } = locked
    // This may have changed before the index was locked.
    await refuseInProgress(place)
    if (await hasMoved(place, head)) return AGAIN
    writeJournal(place, {
      format: 1,
      ref: head.branch,
      old: head.oid ?? null,
      new: oid,
      mover: holderOf(mover.pid),
      time: Date.now(),
      isIndexFirst: true,
      files: journalFiles(files, replaceable)
    })
    onStep('journal written')
    // A `git commit` reads the branch before the index, and locks the index later. So one that sees the new branch also sees
    // the new index, and one that has seen the old branch cannot move it any more.
    this.#installIndex(update)
    this.#isPending = true
    onStep('index installed')
    if (!(await this.#move(mover, head, oid))) {
      this.#takeBack(update)
      return AGAIN
    }
    const left = presentLocks(place, head.branch)
    this.#syncRef(head.branch)
    const { objects } = this.#prepared
    // Several writes at once announce more: the process is kept for them. Otherwise it ends in the background, and the
    // release of what was prepared waits for it.
    if (links.length > 1 && objects.isReusable) {
      objects.releasePacks()
      this.#prepared.keepsObjects = true
    } else objects.end().catch(() => undefined)
    // the blobs of more would only displace each other
    for (const { new: blob, bytes } of files.slice(0, 1_000))
      if (blob !== undefined && bytes) this.#prepared.warm.known.addBlob(blob, bytes)
    onStep('branch moved')

    // The write is acknowledged from here on: what fails now is a warning.
    try {
      // `git symbolic-ref` switches to another branch without git's lock on the index
      if ((await readHead(place)).branch === head.branch)
        finishWrite(place, files, { staged, snapshots, onStep })
      else update.takeBack()
      this.#releaseIndex()
      await syncFinished(place, staged)
      await this.#removeLeftLocks(left, head.branch, oid)
      this.#forget()
    } catch (error) {
      this.#warnUnfinished(error)
    }
    return oids
  }

  /** Returns false if somebody else moved the branch. */
  async #move(mover: RefUpdate | BranchMover, head: HeadBranch, oid: string): Promise<boolean> {
    const time = (this.#since = Date.now())
    const moving = mover.move(head.branch, head.oid, oid)
    this.#options.onStep('branch sent')
    const exit = await moving
    if (exit.code === 0) return true
    // It may have been killed after it had moved the branch, or have failed to remove its locks.
    await removeRefLocks(this.#place, head.branch, oid, time)
    const now = await readRef(this.#place, head.branch)
    if (now === oid) return true
    if (now !== head.oid) return false
    this.#takeBack(this.#update!)
    throw refUpdateFailed(mover.failure(exit))
  }

  /** The branch has moved, so a failure is a warning. */
  #syncRef(branch: string): void {
    try {
      syncRef(this.#place, branch)
    } catch (error) {
      this.#options.onWarning(`the write is committed, but a power cut may still undo it: ${reasonIn(error)}`)
    }
  }

  /** Takes git's index lock, if it is not taken yet. The user's own git fails meanwhile. */
  async #lockIndex(): Promise<void> {
    if (this.#indexLock !== undefined) return
    this.#indexLock = await takeIndexLock(this.#place)
    this.#options.onStep('index locked')
  }

  /** Locks the index. If it or a file has changed since it was checked, checks again and makes the new index again. */
  async #lockedState(
    files: readonly PlannedFile[],
    checked: CheckedPaths,
    env: Readonly<Record<string, string>>
  ): Promise<(CheckedPaths & { update: IndexUpdate }) | typeof AGAIN> {
    const place = this.#place
    await this.#lockIndex()
    const { snapshots, stamp } = checked
    const isUnchanged = files.every(({ path }) => isAsBefore(place.root, path, snapshots))
    if (isUnchanged && indexStamp(place) === stamp) return { ...checked, update: this.#update! }
    const now = await this.#check()
    if (now === AGAIN) return AGAIN
    await this.#update!.discard()
    const update = (this.#update = new IndexUpdate(place, now.index, files, env))
    await update.ready()
    return { ...now, update }
  }

  /** Removes the locks that git could not remove, so that they do not block the next write. */
  async #removeLeftLocks(left: ReadonlyMap<string, number>, branch: string, oid: string): Promise<void> {
    if (!isLeft(left, presentLocks(this.#place, branch))) return
    await removeRefLocks(this.#place, branch, oid, this.#since)
  }

  #releaseIndex(): void {
    this.#indexLock?.release()
    this.#options.onStep('index unlocked')
  }

  /** If it fails, the index is as before. */
  #installIndex(update: IndexUpdate): void {
    try {
      update.install()
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  /** Puts the old index back. If that fails, the journal stays, and the next command does it. */
  #takeBack(update: IndexUpdate): void {
    update.takeBack()
    this.#forget()
  }

  /** Removes the index lock and the journal: there is nothing left to repair. */
  #forget(): void {
    this.#indexLock?.release()
    removeJournal(this.#place)
    this.#isPending = false
    this.#options.onStep('journal removed')
  }

  #warnUnfinished(error: unknown): void {
    this.#options.onWarning(
      `the write is committed, but the work tree was not updated (${reasonIn(error)}); the next git-vault command tries again`
    )
  }

  /**
   * Ends the processes and removes the temporary files. While it is pending, the journal and index.lock stay for the next
   * command: a `git commit` before that would revert the write.
   */
  async discard(): Promise<void> {
    const { onWarning } = this.#options
    await tidy(onWarning, () => this.#mover?.discard())
    await tidy(onWarning, () => this.#update?.discard())
    await tidy(onWarning, () => this.#staged?.discard())
    if (!this.#isPending) await tidy(onWarning, () => this.#indexLock?.release())
  }
}

/** Whether one of the locks is still the same. */
function isLeft(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  return [...before].some(([path, inode]) => now.get(path) === inode)
}

/** Whether HEAD names another branch or commit than before. */
export async function hasMoved(place: Place, head: Head): Promise<boolean> {
  const now = await readHead(place)
  return now.branch !== head.branch || now.oid !== head.oid
}

/** Runs a clean-up step. Its failure is a warning: it neither hides the write's error nor turns success into one. */
export async function tidy(warn: (line: string) => void, work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    warn(`could not clean up: ${reasonIn(error)}`)
  }
}

const reasonIn = (error: unknown): string => shown(error instanceof Error ? error.message : String(error))
