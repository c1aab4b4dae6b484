import { mkdirSync } from 'node:fs'
import { VaultError } from '../../core/errors.js'
import { Chain } from './chain.js'
import type { Config } from '../git/config.js'
import { decideAll, type ChainedWrites } from './decide.js'
import { errno, fileFailed, syncFolder } from '../files/files.js'
import { finishWrite } from './finish.js'
import { readIndex, type GitIndex } from '../index/gitIndex.js'
import { readHead, readRef, type Head } from '../git/head.js'
import { HeadTree } from './headTree.js'
import { holderOf } from '../files/holder.js'
import { signatureEnvironment, signatureOf } from './author.js'
import { takeIndexLock, type IndexLock } from '../index/indexLock.js'
import { IndexUpdate } from '../index/indexUpdate.js'
import { removeJournal, writeJournal } from './journal.js'
import type { BranchMover } from './branchMover.js'
import { detached, refuseBare, refuseInProgress } from './obstacles.js'
import { shown } from '../files/paths.js'
import { packFolder, writeFolder, type Place } from '../git/place.js'
import { refuseEdits, type Snapshots } from './plan.js'
import type { Prepared, WriteOptions } from './prepared.js'
import { RefUpdate, removeRefLocks, syncRef } from './refUpdate.js'
import { signCommit } from './sign.js'
import type { SignalGate } from './signals.js'
import { StagedFiles } from './stagedFiles.js'
import { AGAIN, type Outcomes, type PendingWrite } from './pendingWrite.js'

/** What is, at the paths of a write, as the branch has it. */
interface Checked {
  readonly index: GitIndex
  readonly snapshots: Snapshots
}

/** One attempt: what it holds, and how to let go of it. */
export class Write {
  readonly #place: Place
  readonly #options: WriteOptions
  readonly #prepared: Prepared
  readonly #signals: SignalGate
  #indexLock: IndexLock | undefined
  #mover: RefUpdate | BranchMover | undefined
  #update: IndexUpdate | undefined
  #staged: StagedFiles | undefined
  /** From before the branch may move until it is known what came of it. */
  #isPending = false

  constructor(place: Place, options: WriteOptions, prepared: Prepared, signals: SignalGate) {
    this.#place = place
    this.#options = options
    this.#prepared = prepared
    this.#signals = signals
  }

  /**
   * Each who waits gets a commit of its own, one on the other; they share the processes that make them and the moment at
   * which the branch moves.
   * @param refused filled with those whose files the user has edited: they are to be left out of the next attempt
   */
  async run(pending: readonly PendingWrite[], refused: Outcomes): Promise<Outcomes | typeof AGAIN> {
    const head = await readHead(this.#place)
    if (head.branch === undefined) throw detached()
    await refuseInProgress(this.#place)
    const tree = new HeadTree(this.#prepared.objects, head.oid, this.#prepared.warm.known)
    const chain = new Chain(tree)
    const served = pending.length === 1 || (await this.#isSigned()) ? pending.slice(0, 1) : pending
    const { outcomes, chained } = await decideAll(served, tree, chain, () => this.#oidLength(head))
    if (this.#prepared.isToRenew) return AGAIN
    this.#options.onStep('decided')
    if (chain.links.length === 0) return outcomes
    this.#signals.close()
    try {
      const oids = await this.#write({ ...head, branch: head.branch }, chain, chained, refused)
      if (oids === AGAIN) return AGAIN
      for (const [at, { write, value }] of chained.entries())
        outcomes.set(write, { committed: { value, commit: oids[at]! } })
      return outcomes
    } catch (cause) {
      if (this.#prepared.isToRenew && !this.#isPending) return AGAIN
      const isOurs = errno(cause) === undefined || cause instanceof VaultError
      const error = isOurs ? cause : fileFailed('the write was given up', cause)
      // for all of them: who was refused may have been so for what another was about to write
      return new Map(
        [...outcomes.keys(), ...chained.map(({ write }) => write)].map(write => [write, { error }])
      )
    } finally {
      await this.#letGo()
    }
  }

  /** Signing asks for a passphrase, or touches a device: each by itself. */
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
    head: Head & { branch: string },
    chain: Chain,
    chained: ChainedWrites,
    refused: Outcomes
  ): Promise<string[] | typeof AGAIN> {
    const config = await this.#prepared.config
    const oidLength = await this.#oidLength(head)
    const commits = chain.links.map(({ change, files }) => ({
      signature: signatureOf(config, change.member, change.time),
      message: change.message.endsWith('\n') ? change.message : `${change.message}\n`,
      files: files.map(({ path, mode, bytes }) => [path, bytes && { mode, bytes }] as const)
    }))
    // A passphrase may be asked for: git's lock is not held meanwhile.
    const isSigned = await this.#isSigned()
    const check = (isLocked: boolean): Promise<Checked | typeof AGAIN> =>
      this.#check(head, chain, chained, refused, oidLength, isLocked)
    const checked = await check(!isSigned)
    if (checked === AGAIN) return AGAIN

    const made = this.#prepared.objects.commit(head.oid, commits)
    made.catch(() => undefined)
    this.#options.onStep('objects sent')
    if (!isSigned) return this.#publish(head, chain, made, config, checked)
    const [unsigned = ''] = await made
    const [{ signature } = commits[0]!] = commits
    const message = chain.links[0]!.change.message
    const signed = await signCommit(this.#place, { oid: unsigned, parent: head.oid, message, signature })
    this.#options.onStep('signed')
    const again = await check(true)
    if (again === AGAIN) return AGAIN
    return this.#publish(head, chain, Promise.resolve([signed]), config, again)
  }

  /** Refuses where the user's own work is in the way; with the index locked, none can come into it after. */
  async #check(
    head: Head,
    chain: Chain,
    chained: ChainedWrites,
    refused: Outcomes,
    oidLength: number,
    isLocked: boolean
  ): Promise<Checked | typeof AGAIN> {
    if (isLocked) {
      this.#indexLock = await takeIndexLock(this.#place)
      this.#options.onStep('index locked')
    }
    const { root } = this.#place
    const all = chain.files
    const index = await readIndex(
      this.#place,
      all.map(file => file.path),
      oidLength
    )
    const files = new Map(all.map(file => [file.path, file]))
    const snapshots = new Map<string, string>()
    const sound = new Set<string>()
    for (const [at, link] of chain.links.entries()) {
      // whoever touches a file first answers for what the user has done to it
      const own = link.files.flatMap(({ path }) => (snapshots.has(path) ? [] : (files.get(path) ?? [])))
      try {
        for (const [path, snapshot] of refuseEdits(root, own, index, sound)) snapshots.set(path, snapshot)
      } catch (error) {
        // What looks staged may be what the user has committed since the commit was read.
        if (!(await this.#hasMoved(head))) refused.set(chained[at]!.write, { error })
        return AGAIN
      }
    }
    return { index, snapshots }
  }

  async #hasMoved(head: Head): Promise<boolean> {
    const now = await readHead(this.#place)
    return now.branch !== head.branch || now.oid !== head.oid
  }

  /** The objects are being made: moves the branch to the last commit, then lets index and work tree follow. */
  async #publish(
    head: Head & { branch: string },
    chain: Chain,
    made: Promise<string[]>,
    config: Config,
    { index, snapshots }: Checked
  ): Promise<string[] | typeof AGAIN> {
    const place = this.#place
    const { onStep } = this.#options
    const { files, links } = chain
    mkdirSync(writeFolder(place), { recursive: true, mode: 0o700 })
    // Starting a process blocks for milliseconds: these start while fast-import is busy with the disk.
    const { change } = links.at(-1)!
    const signature = signatureOf(config, change.member, change.time)
    const env = { ...signatureEnvironment(signature), ...hooksOff(config) }
    const mover = (this.#mover =
      links.length === 1
        ? new RefUpdate(place, reasonOf(change.message), env)
        : this.#prepared.warm.mover(undated(env)))
    const update = (this.#update = new IndexUpdate(place, index, files, env))
    const staged = (this.#staged = new StagedFiles(place))
    await staged.write(files)
    onStep('files staged')
    const [oids] = await Promise.all([made, update.ready()])
    const oid = oids.at(-1)!
    syncFolder(packFolder(place))
    onStep('objects made')

    // What happened while the index was not locked yet.
    await refuseInProgress(place)
    if (await this.#hasMoved(head)) return AGAIN
    writeJournal(place, {
      format: 1,
      ref: head.branch,
      old: head.oid ?? null,
      new: oid,
      mover: holderOf(mover.pid),
      time: Date.now(),
      files: files.map(({ path, mode, old, new: after }) => ({
        path,
        mode,
        old: old ?? null,
        new: after ?? null
      }))
    })
    this.#isPending = true
    onStep('journal written')
    if (!(await this.#move(mover, head, oid))) {
      this.#forget()
      return AGAIN
    }
    syncRef(place, head.branch)
    const { objects } = this.#prepared
    // Where many come together more are to be expected. Else it ends meanwhile; whoever prepared it waits for that.
    if (links.length > 1 && objects.mayStay) {
      objects.settle()
      this.#prepared.stays = true
    } else objects.end().catch(() => undefined)
    for (const { new: blob, bytes } of files)
      if (blob !== undefined && bytes) this.#prepared.warm.known.addBlob(blob, bytes)
    onStep('branch moved')

    // From here on the write has happened, whatever comes.
    try {
      if ((await readHead(place)).branch === head.branch)
        finishWrite(place, files, { staged, update, snapshots, onStep })
      this.#forget()
    } catch (error) {
      this.#warnUnfinished(error)
    }
    return oids
  }

  /** False when the branch is somewhere else by now. */
  async #move(
    mover: RefUpdate | BranchMover,
    head: Head & { branch: string },
    oid: string
  ): Promise<boolean> {
    const time = Date.now()
    const moving = mover.move(head.branch, head.oid, oid)
    this.#options.onStep('branch sent')
    const exit = await moving
    if (exit.code === 0) return true
    // It may have been killed after it had moved the branch, or before it removed its locks.
    if (exit.signal !== null) await removeRefLocks(this.#place, head.branch, oid, time)
    const now = await readRef(this.#place, head.branch)
    if (now === oid) return true
    if (now !== head.oid) return false
    this.#forget()
    throw mover.failure(exit)
  }

  /** Nothing is left for a repair to do. */
  #forget(): void {
    this.#indexLock?.release()
    this.#options.onStep('index unlocked')
    removeJournal(this.#place)
    this.#isPending = false
    this.#options.onStep('journal removed')
  }

  #warnUnfinished(error: unknown): void {
    const reason = error instanceof Error ? shown(error.message) : 'unknown'
    this.#options.onWarning(
      `the write is committed, but the work tree could not follow (${reason}); the next git-vault command tries again`
    )
  }

  /**
   * While it is pending, journal and index.lock stay for the next command: until then a `git commit` would
   * undo the write.
   */
  async #letGo(): Promise<void> {
    const { onWarning } = this.#options
    await tidy(onWarning, () => this.#mover?.discard())
    await tidy(onWarning, () => this.#update?.discard())
    await tidy(onWarning, () => this.#staged?.discard())
    if (!this.#isPending) await tidy(onWarning, () => this.#indexLock?.release())
  }
}

/** What could not be tidied away must neither hide the write's error nor make an error of its success. */
export async function tidy(warn: (line: string) => void, work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    warn(`something was left behind: ${shown(error instanceof Error ? error.message : String(error))}`)
  }
}

/** The reflog's line: the message's first, as `git commit` has it. */
function reasonOf(message: string): string {
  return `git-vault: ${shown(message.split('\n', 1)[0] ?? '', 200)}`
}

/** For a process that outlives the moment: git takes the present one. */
function undated(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.endsWith('_DATE')))
}

/** Before git 2.55 a hook from the configuration can only be turned off by its own name. */
function hooksOff(config: Config): Record<string, string> {
  const environment: Record<string, string> = {}
  const names = config.hooks()
  for (const [at, name] of names.entries()) {
    environment[`GIT_CONFIG_KEY_${at}`] = `hook.${name}.enabled`
    environment[`GIT_CONFIG_VALUE_${at}`] = 'false'
  }
  return names.length === 0 ? {} : { ...environment, GIT_CONFIG_COUNT: String(names.length) }
}
