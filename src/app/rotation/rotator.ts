import { VaultError } from '../../core/errors.js'
import { takeLock, type VaultLock } from '../../system/files/lock.js'
import { noteToken, rotatedToken, rotationLock } from '../../system/git/rotationLock.js'
import { completeWrite, type OpenRepository } from '../../system/repository.js'
import { stopRequest } from '../../system/agent/stopping.js'
import type { Time } from '../../core/time.js'
import type { RotationRun, Rotator } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import { requireClient } from './builtins.js'
import { forgetClaim, rememberClaim } from './claims.js'
import { rememberFailure } from './failures.js'
import { registeredFunction } from './functions.js'
import { interrupted } from './interrupted.js'
import type { Step } from './invoke.js'
import { replacing } from './replacing.js'
import { runSteps, type RunOptions } from './steps.js'

export interface RotatorOptions {
  readonly vault: () => Vault
  readonly repository: OpenRepository
  readonly onStep?: ((run: RotationRun, step: Step) => void) | undefined
  /** The repository's folder, if each run is to be in a process of its own. */
  readonly detachedIn?: string | undefined
  /** Runs what reads the work tree: see `Backend`. */
  readonly reading?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined
  /** Whether Ctrl-C, SIGTERM and a closed terminal end the function before this process. */
  readonly stopsOnSignals?: boolean | undefined
  /** For a server: `start` returns at once, and this is told of failures. */
  readonly onFailure?: ((error: unknown, run: RotationRun) => void) | undefined
}

interface Running {
  run: RotationRun
  readonly stop: AbortController
  /** Whether it waits for the run before. */
  isWaiting: boolean
  done: Promise<boolean>
}

/** Milliseconds to wait for another process that is about to end the rotation before. */
const LOCK_TIMEOUT = 10_000

/** Runs rotations in this process. One at a time for each secret, of all processes of this clone. */
export class LocalRotator implements Rotator {
  readonly #options: RotatorOptions
  readonly #running = new Set<Running>()

  #isStopping = false

  constructor(options: RotatorOptions) {
    this.#options = options
  }

  async find(functionArn: string): Promise<string | undefined> {
    const vault = this.#options.vault()
    const found = registeredFunction((await vault.read()).access.vaultId, functionArn)
    // before the rotation begins
    if (found?.builtin) requireClient(found.name, found.builtin, vault.repository.root)
    return found?.name
  }

  async start(run: RotationRun): Promise<boolean> {
    const { onFailure } = this.#options
    // AWSPENDING is where it was put, and the next request continues from there
    if (this.#isStopping) return true
    const [done, isNew] = this.#begin(run)
    if (!onFailure) return done
    // the request that began it is told
    if (isNew) done.catch((error: unknown) => onFailure(error, run))
    return true
  }

  async finish(run: RotationRun): Promise<boolean> {
    return !this.#isStopping && this.#begin(run)[0]
  }

  async claim(arn: string, version: string, moved: Time): Promise<void> {
    await rememberClaim(this.#options.repository.memory, { arn, version, moved })
  }

  /** Returns the end of a run, and whether it was not running already. */
  #begin(run: RotationRun): [done: Promise<boolean>, isNew: boolean] {
    const present = this.#runsOf(run.arn)
    // the same rotation, asked for again
    const same = present.find(one => one.run.token === run.token)
    if (same) return [same.done, false]
    const test = run.testsOnly ? present.find(one => one.isWaiting && one.run.testsOnly) : undefined
    if (test) {
      // the newest request says which function to test, and one test answers all that wait
      test.run = run
      return [test.done, false]
    }
    const entry: Running = { run, stop: new AbortController(), isWaiting: true, done: Promise.resolve(true) }
    // those before are complete, or this one could not have begun; they may have a last commit to make
    const before = Promise.allSettled(present.map(({ done }) => done))
    entry.done = before.then(() => {
      entry.isWaiting = false
      return this.#run(entry.run, entry.stop)
    })
    this.#running.add(entry)
    const settled = (): void => void this.#running.delete(entry)
    entry.done.then(settled, settled)
    return [entry.done, true]
  }

  async cancel(arn: string): Promise<void> {
    for (const { stop } of this.#runsOf(arn)) stop.abort()
    const { memory } = this.#options.repository
    await rememberFailure(memory, arn, undefined).catch(() => undefined)
    await forgetClaim(memory, arn).catch(() => undefined)
  }

  #runsOf(arn: string): Running[] {
    return [...this.#running].filter(({ run }) => run.arn === arn)
  }

  /** Stops all runs of this process, and waits for their end. Later ones do not start. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const all = [...this.#running]
    for (const { stop } of all) stop.abort()
    await Promise.allSettled(all.map(({ done }) => done))
  }

  async alone<T>(
    secret: { readonly arn: string; readonly name: string },
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const lock = await this.#lock(secret)
    if (!lock) throw busy(secret.name)
    const stop = new AbortController()
    return this.#stoppable(stop, () => work(stop.signal)).finally(() => lock.release())
  }

  async #run(asked: RotationRun, stop: AbortController): Promise<boolean> {
    const { vault, repository, onStep, reading } = this.#options
    const { signal } = stop
    let run = asked
    const lock = await this.#lock(run, run.testsOnly ? undefined : run.token)
    if (!lock) return false
    try {
      const options: RunOptions = {
        signal,
        onStep: (each, step) => onStep?.(each, step),
        reading: reading ?? (one => one()),
        ready: () => completeWrite(repository.place)
      }
      await this.#stoppable(stop, async () => {
        await runSteps(vault(), run, options)
        const more = run.testsOnly || signal.aborted ? undefined : await replacing(vault(), run)
        if (!more) return
        run = more
        noteToken(rotationLock(repository.place, run.arn), run.token)
        await runSteps(vault(), run, options)
      })
      if (!run.testsOnly) await forgetClaim(repository.memory, run.arn).catch(() => undefined)
      return true
    } catch (error) {
      throw signal.reason === 'SIGINT' ? await interrupted(vault(), run, error) : error
    } finally {
      lock.release()
    }
  }

  /** Runs something that a signal of this process stops, if the options say so. */
  async #stoppable<T>(stop: AbortController, work: () => Promise<T>): Promise<T> {
    const stopping = this.#options.stopsOnSignals ? stopRequest() : undefined
    void stopping?.received.then(name => stop.abort(name))
    return work().finally(() => stopping?.dispose())
  }

  /**
   * Held during a run; `undefined` if another process holds it for the rotation that `token` names. Throws `RepositoryBusy`
   * if it holds it for anything else.
   */
  async #lock(
    { arn, name }: { readonly arn: string; readonly name: string },
    token?: string
  ): Promise<VaultLock | undefined> {
    const folder = rotationLock(this.#options.repository.place, arn)
    const lock = await takeLock(folder, LOCK_TIMEOUT, name).catch((error: unknown) => {
      if (!(error instanceof VaultError && error.code === 'RepositoryBusy')) throw error
      if (token !== undefined && rotatedToken(folder) === token) return undefined
      throw busy(name, error)
    })
    if (!lock) return undefined
    lock.removeStale()
    noteToken(folder, token)
    return lock
  }
}

const busy = (name: string, cause?: unknown): VaultError =>
  new VaultError('RepositoryBusy', `another process is rotating ${name}, or testing that`, {
    hint: 'wait for it to end, then run this command again',
    cause
  })
