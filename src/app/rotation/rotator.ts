import { VaultError } from '../../core/errors.js'
import { functionName } from '../../core/service/functionName.js'
import { takeLock, type VaultLock } from '../../system/files/lock.js'
import { rotationLock } from '../../system/git/rotationLock.js'
import { openRepository, type OpenRepository } from '../../system/repository.js'
import { isUnfinished } from '../../system/readTrace.js'
import { stopRequest } from '../../system/agent/stopping.js'
import type { RotationRun, Rotator } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import { readFunctions } from './functions.js'
import type { Step } from './invoke.js'
import { runSteps } from './steps.js'

export interface RotatorOptions {
  readonly vault: () => Vault
  readonly repository: OpenRepository
  readonly onStep?: ((run: RotationRun, step: Step) => void) | undefined
  /** Runs what reads the work tree: see `Backend`. */
  readonly reading?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined
  /** Whether Ctrl-C and SIGTERM end the function before this process. */
  readonly stopsOnSignals?: boolean | undefined
  /** For a server: `start` returns at once, and this is told of failures. */
  readonly onFailure?: ((error: unknown, run: RotationRun) => void) | undefined
}

interface Running {
  readonly token: string
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Milliseconds to wait for another process that is about to end the rotation before. */
const LOCK_TIMEOUT = 10_000

/** Runs rotations in this process. One at a time for each secret, of all processes of this clone. */
export class LocalRotator implements Rotator {
  readonly #options: RotatorOptions
  readonly #running = new Map<string, Running>()

  #isStopping = false

  constructor(options: RotatorOptions) {
    this.#options = options
  }

  async find(functionArn: string): Promise<string | undefined> {
    const name = functionName(functionArn)
    if (name === undefined) return undefined
    const { access } = await this.#options.vault().read()
    return readFunctions(access.vaultId).find(one => one.name === name)?.name
  }

  async start(run: RotationRun): Promise<void> {
    const { onFailure } = this.#options
    // AWSPENDING is where it was put, and the next request continues from there
    if (this.#isStopping) return
    const present = this.#running.get(run.arn)
    // the same rotation, asked for again
    if (present?.token === run.token) return onFailure ? undefined : present.done
    const stop = new AbortController()
    // the one before is complete, or this one could not have begun; it may have a last commit to make
    const before = present?.done.catch(() => undefined)
    const done = Promise.resolve(before).then(() => this.#run(run, stop.signal))
    const entry = { token: run.token, stop, done }
    this.#running.set(run.arn, entry)
    const settled = (): void => {
      if (this.#running.get(run.arn) === entry) this.#running.delete(run.arn)
    }
    done.then(settled, settled)
    if (!onFailure) return done
    done.catch((error: unknown) => onFailure(error, run))
  }

  cancel(arn: string): void {
    this.#running.get(arn)?.stop.abort()
  }

  /** Stops all runs of this process, and waits for their end. Later ones do not start. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const all = [...this.#running.values()]
    for (const { stop } of all) stop.abort()
    await Promise.allSettled(all.map(({ done }) => done))
  }

  async #run(run: RotationRun, signal: AbortSignal): Promise<void> {
    const { vault, repository, onStep, reading, stopsOnSignals } = this.#options
    const lock = await this.#lock(run)
    const stopping = stopsOnSignals ? stopRequest() : undefined
    void stopping?.received.then(() => this.cancel(run.arn))
    try {
      await runSteps(vault(), run, {
        signal,
        onStep: (each, step) => onStep?.(each, step),
        reading: reading ?? (work => work()),
        async ready() {
          if (isUnfinished(repository.place)) await openRepository(repository.root)
        }
      })
    } finally {
      stopping?.dispose()
      lock.release()
    }
  }

  /** Held during a run. Throws `RepositoryBusy` if another process rotates this secret. */
  async #lock({ arn, name }: RotationRun): Promise<VaultLock> {
    const folder = rotationLock(this.#options.repository.place, arn)
    const lock = await takeLock(folder, LOCK_TIMEOUT, name).catch((error: unknown) => {
      throw error instanceof VaultError && error.code === 'RepositoryBusy'
        ? error.reworded(`another process is rotating ${name}`, 'wait for it to end')
        : error
    })
    lock.removeStale()
    return lock
  }
}
