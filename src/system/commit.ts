import { mkdirSync } from 'node:fs'
import { VaultError } from '../core/errors.js'
import type { Change, Committed, Decision, Tree } from '../core/ports.js'
import { Config } from './config.js'
import { FastImport } from './fastImport.js'
import { errno, fileFailed, syncFolder } from './files.js'
import { finishWrite } from './finish.js'
import { readIndex, type IndexView } from './gitIndex.js'
import { readHead, readRef, type Head } from './head.js'
import { HeadTree } from './headTree.js'
import { holderOf } from './holder.js'
import { signatureEnvironment, signatureOf, type Signature } from './identity.js'
import { takeIndexLock, type IndexLock } from './indexLock.js'
import { IndexUpdate } from './indexUpdate.js'
import { hasJournal, removeJournal, writeJournal } from './journal.js'
import { takeLock } from './lock.js'
import { detached, refuseBare, refuseInProgress } from './obstacles.js'
import { tidyPacks } from './packs.js'
import { shown } from './paths.js'
import { lockFolder, packFolder, writeFolder, type Place } from './place.js'
import { planFiles, refuseEdits, type PlannedFile, type Snapshots } from './plan.js'
import { RefUpdate, removeRefLocks, syncRef } from './refUpdate.js'
import { repair } from './repair.js'
import { signCommit } from './sign.js'
import { SignalGate } from './signals.js'
import { StagedFiles } from './stagedFiles.js'

export interface WriteOptions {
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number
  /** What the user should know although the write went well. */
  readonly onWarning: (line: string) => void
  /** Called as each step is done: by tests, which stop the process there. */
  readonly onStep: (step: string) => void
}

/** Processes that a write will need, started while there is something else to do. */
export class Prepared {
  readonly config: Promise<Config>
  objects: FastImport

  constructor(place: Place) {
    this.objects = new FastImport(place)
    this.config = Config.read(place)
    this.config.catch(() => undefined)
  }

  async renew(place: Place): Promise<void> {
    await this.objects.end()
    this.objects = new FastImport(place)
  }
}

/** How often a branch that moves under a write is followed. */
const ATTEMPTS = 10
const MOVED = Symbol('the branch moved')

export async function commit<T>(
  place: Place,
  options: WriteOptions,
  prepared: Prepared,
  decide: (head: Tree) => Promise<Decision<T>>
): Promise<Committed<T>> {
  try {
    const lock = await takeLock(lockFolder(place), options.lockTimeout)
    options.onStep('locked')
    const signals = new SignalGate()
    try {
      if (lock.stale || hasJournal(place)) await repair(place, lock, options.onWarning)
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        signals.open()
        if (attempt > 1) await prepared.renew(place)
        const write = new Write(place, options, prepared, signals)
        const outcome = await write.run(decide)
        if (outcome !== MOVED) return outcome
      }
      throw new VaultError('RepositoryBusy', `the branch moved during each of ${ATTEMPTS} attempts`)
    } finally {
      await prepared.objects.end()
      await tidy(options.onWarning, () => lock.release())
      options.onStep('unlocked')
      signals.open()
    }
  } finally {
    await prepared.objects.end()
    tidyPacks(place)
  }
}

/** One attempt: what it holds, and how to let go of it. */
class Write {
  readonly #place: Place
  readonly #options: WriteOptions
  readonly #prepared: Prepared
  readonly #signals: SignalGate
  #indexLock: IndexLock | undefined
  #mover: RefUpdate | undefined
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

  async run<T>(decide: (head: Tree) => Promise<Decision<T>>): Promise<Committed<T> | typeof MOVED> {
    const head = await readHead(this.#place)
    if (head.branch === undefined) throw detached()
    await refuseInProgress(this.#place)
    const tree = new HeadTree(this.#prepared.objects, head.oid)
    const { change, value } = await decide(tree)
    this.#options.onStep('decided')
    if (change === undefined) return { value }
    this.#signals.close()
    try {
      const oid = await this.#write({ ...head, branch: head.branch }, tree, change)
      return oid === MOVED ? MOVED : oid === undefined ? { value } : { value, commit: oid }
    } catch (error) {
      if (errno(error) === undefined || error instanceof VaultError) throw error
      throw fileFailed('the write was given up', error)
    } finally {
      await this.#letGo()
    }
  }

  async #write(
    head: Head & { branch: string },
    tree: HeadTree,
    change: Change
  ): Promise<string | typeof MOVED | undefined> {
    const { config, oidLength } = await this.#configuration(head)
    const files = await planFiles(change, tree, oidLength)
    if (files.length === 0) return undefined
    const signature = signatureOf(config, change.member, change.time)
    // A passphrase may be asked for: git's lock is not held meanwhile.
    const isSigned = config.flag('commit.gpgsign')
    const check = (isLocked: boolean): Promise<Checked | typeof MOVED> =>
      this.#check(head, files, oidLength, isLocked)
    const checked = await check(!isSigned)
    if (checked === MOVED) return MOVED

    const made = this.#prepared.objects.commit({
      parent: head.oid,
      signature,
      message: change.message.endsWith('\n') ? change.message : `${change.message}\n`,
      files: files.map(({ path, mode, bytes }) => [path, bytes && { mode, bytes }] as const)
    })
    made.catch(() => undefined)
    this.#options.onStep('objects sent')
    if (!isSigned) return this.#publish(head, files, change, made, config, signature, checked)
    const unsigned = await made
    const { message } = change
    const signed = await signCommit(this.#place, { oid: unsigned, parent: head.oid, message, signature })
    this.#options.onStep('signed')
    const again = await check(true)
    if (again === MOVED) return MOVED
    return this.#publish(head, files, change, Promise.resolve(signed), config, signature, again)
  }

  async #configuration(head: Head): Promise<{ config: Config; oidLength: number }> {
    const config = await this.#prepared.config
    refuseBare(this.#place, config)
    const isSha256 = config.text('extensions.objectformat')?.toLowerCase() === 'sha256'
    return { config, oidLength: head.oid?.length ?? (isSha256 ? 64 : 40) }
  }

  /** Throws where the user's own work is in the way; with the index locked, none can come into it after. */
  async #check(
    head: Head,
    files: readonly PlannedFile[],
    oidLength: number,
    isLocked: boolean
  ): Promise<Checked | typeof MOVED> {
    if (isLocked) {
      this.#indexLock = await takeIndexLock(this.#place)
      this.#options.onStep('index locked')
    }
    try {
      const paths = files.map(file => file.path)
      const index = await readIndex(this.#place, paths, oidLength)
      return { snapshots: refuseEdits(this.#place.root, files, index), index }
    } catch (error) {
      // What looks staged may be what the user has committed since the commit was read.
      if (await this.#hasMoved(head)) return MOVED
      throw error
    }
  }

  async #hasMoved(head: Head): Promise<boolean> {
    const now = await readHead(this.#place)
    return now.branch !== head.branch || now.oid !== head.oid
  }

  /** The objects are being made: moves the branch to the commit, then lets index and work tree follow. */
  async #publish(
    head: Head & { branch: string },
    files: readonly PlannedFile[],
    change: Change,
    made: Promise<string>,
    config: Config,
    signature: Signature,
    { snapshots, index }: Checked
  ): Promise<string | typeof MOVED> {
    const place = this.#place
    const { onStep } = this.#options
    mkdirSync(writeFolder(place), { recursive: true, mode: 0o700 })
    // Starting a process blocks for milliseconds: these start while fast-import is busy with the disk.
    const env = { ...signatureEnvironment(signature), ...hooksOff(config) }
    const mover = (this.#mover = new RefUpdate(place, reasonOf(change.message), env))
    const update = (this.#update = new IndexUpdate(place, env))
    const staged = (this.#staged = new StagedFiles(place))
    await staged.write(files)
    onStep('files staged')
    const oid = await made
    syncFolder(packFolder(place))
    onStep('objects made')

    // What happened while the index was not locked yet.
    await refuseInProgress(place)
    if (await this.#hasMoved(head)) return MOVED
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
      return MOVED
    }
    syncRef(place, head.branch)
    onStep('branch moved')

    // From here on the write has happened, whatever comes.
    const assumed = files.map(file => file.path).filter(path => index.at(path).some(entry => entry.assumed))
    try {
      if ((await readHead(place)).branch === head.branch) {
        await finishWrite(place, files, { staged, update, snapshots, assumed: new Set(assumed), onStep })
      }
      this.#forget()
    } catch (error) {
      this.#warnUnfinished(error)
    }
    return oid
  }

  /** False when the branch is somewhere else by now. */
  async #move(mover: RefUpdate, head: Head & { branch: string }, oid: string): Promise<boolean> {
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
async function tidy(warn: (line: string) => void, work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    warn(`something was left behind: ${shown(error instanceof Error ? error.message : String(error))}`)
  }
}

interface Checked {
  readonly snapshots: Snapshots
  readonly index: IndexView
}

/** The reflog's line: the message's first, as `git commit` has it. */
function reasonOf(message: string): string {
  return `git-vault: ${shown(message.split('\n', 1)[0] ?? '', 200)}`
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
