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

/** Runs rotations in this process. One at a time for each secret, of all processes of this clone. */
export class LocalRotator implements Rotator {
  readonly #options: RotatorOptions
  readonly #running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>()

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
    const present = this.#running.get(run.arn)
    // the same rotation, asked for again
    if (present) return onFailure ? undefined : present.done
    const stop = new AbortController()
    const done = this.#run(run, stop.signal).finally(() => this.#running.delete(run.arn))
    this.#running.set(run.arn, { stop, done })
    if (!onFailure) return done
    done.catch((error: unknown) => onFailure(error, run))
  }

  cancel(arn: string): void {
    this.#running.get(arn)?.stop.abort()
  }

  /** Stops all runs of this process, and waits for their end. */
  async stop(): Promise<void> {
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
    const lock = await takeLock(folder, 0, name).catch((error: unknown) => {
      throw error instanceof VaultError && error.code === 'RepositoryBusy'
        ? error.reworded(`another process is rotating ${name}`, 'wait for it to end')
        : error
    })
    lock.removeStale()
    return lock
  }
}
