import type { Config } from '../git/config.js'
import { FastImport } from './fastImport.js'
import type { RemoteFirst } from './remoteFirst.js'
import type { WarmProcesses } from './warmProcesses.js'
import type { Place } from '../git/place.js'

export interface WriteOptions {
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number
  /** Receives warnings about a write that succeeded. */
  readonly onWarning: (line: string) => void
  /** Whether to make git use git-vault to merge the vault's files, if this clone's configuration has no such setting. */
  readonly setsDrivers: boolean
  /** Set if a write succeeds only if a remote takes it. */
  readonly remote?: RemoteFirst
  /** Called after each step, for tests that kill the process there. */
  readonly onStep: (step: string) => void
}

/** The limit on restarts of a fast-import that died, because some causes last, such as a full disk. */
const MAX_RESTARTS = 2
/** The limit if git's housekeeping deleted its files. */
const MAX_RESTARTS_AFTER_LOSS = 7
/** After so many losses the housekeeping is paused. This is the last resort, because the user's `git gc` then fails. */
const LOSSES_BEFORE_PAUSE = 5

/** The processes of one write, started before they are needed. */
export class PreparedProcesses {
  readonly config: Promise<Config>
  readonly warm: WarmProcesses
  objects: FastImport
  /** Whether `release` keeps the fast-import process for the next write. */
  keepsObjects = false
  #restarts = 0
  #isReleased = false
  #resumeHousekeeping: (() => void) | undefined

  constructor(warm: WarmProcesses) {
    this.warm = warm
    this.objects = warm.objects()
    this.config = warm.config()
    this.config.catch(() => undefined)
  }

  /** Whether fast-import died and may be restarted. */
  get shouldRetry(): boolean {
    const limit = this.objects.hasLostFiles ? MAX_RESTARTS_AFTER_LOSS : MAX_RESTARTS
    return this.objects.hasDied && this.#restarts < limit
  }

  /** Replaces the fast-import process. */
  async restart(place: Place): Promise<void> {
    if (this.objects.hasDied) this.#restarts++
    await this.objects.end()
    if (this.objects.hasLostFiles && this.#restarts >= LOSSES_BEFORE_PAUSE) {
      const { pauseHousekeeping } = await import('../git/housekeeping.js')
      this.#resumeHousekeeping ??= await pauseHousekeeping(place)
    }
    this.objects = new FastImport(place)
  }

  /** To be called after the write, whatever its outcome. */
  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#resumeHousekeeping?.()
    if (this.keepsObjects) await this.warm.release(this.objects)
    else await this.objects.end()
  }
}
