import { Config } from '../git/config.js'
import { FastImport } from './fastImport.js'
import { BranchMover } from './branchMover.js'
import { KnownObjects } from './knownObjects.js'
import type { Place } from '../git/place.js'

/** git's configuration is not read again for this long. A busy program would read it ten times a second. */
const CONFIG_CACHE_MS = 1_000

/** An unused fast-import is ended after this time, because git's housekeeping may delete the pack that it has started. */
const OBJECTS_IDLE_TIMEOUT_MS = 3_000

/** The processes and caches that a program with many writes keeps from one write to the next. */
export class WarmProcesses {
  readonly known = new KnownObjects()
  /** Whether this process has set git's drivers: the cached configuration may not show it. */
  hasSetDrivers = false
  readonly #place: Place
  #config: { readonly read: Promise<Config>; readonly since: number } | undefined
  #mover: { readonly process: BranchMover; readonly env: string } | undefined
  #objects: FastImport | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(place: Place) {
    this.#place = place
  }

  /** Returns a fast-import for one write, which no other write uses. */
  objects(): FastImport {
    const warm = this.#takeObjects()
    warm?.keepAlive(true)
    return warm?.isReusable === true ? warm : new FastImport(this.#place)
  }

  /** Keeps the fast-import for the next write, or ends it if it is not reusable. */
  async release(objects: FastImport): Promise<void> {
    if (!objects.isReusable || this.#objects !== undefined) return objects.end()
    this.#objects = objects
    objects.keepAlive(false)
    this.#idleTimer = setTimeout(this.#endIdle, OBJECTS_IDLE_TIMEOUT_MS).unref()
    // the program may end without closing the repository
    process.once('beforeExit', this.#endIdle)
  }

  #takeObjects(): FastImport | undefined {
    const warm = this.#objects
    this.#objects = undefined
    clearTimeout(this.#idleTimer)
    process.removeListener('beforeExit', this.#endIdle)
    return warm
  }

  /** Ignores failures: no commit depends on it. */
  readonly #endIdle = (): void => void this.#endObjects().catch(() => undefined)

  async #endObjects(): Promise<void> {
    const warm = this.#takeObjects()
    warm?.keepAlive(true)
    await warm?.end()
  }

  config(): Promise<Config> {
    const now = Date.now()
    const { read, since } = this.#config ?? { read: undefined, since: 0 }
    if (read !== undefined && now >= since && now < since + CONFIG_CACHE_MS) return read
    const config = Config.read(this.#place)
    this.#config = { read: config, since: now }
    // a failed read is not cached
    config.catch(() => (this.#config = undefined))
    return config
  }

  /** Returns the long-running update-ref for this environment. Ends one with another environment. */
  mover(env: Readonly<Record<string, string>>): BranchMover {
    const key = JSON.stringify(env)
    const warm = this.#mover
    if (warm?.env === key && !warm.process.hasEnded) return warm.process
    void warm?.process.end()
    const process = new BranchMover(this.#place, 'git-vault: several writes at once', env)
    this.#mover = { process, env: key }
    return process
  }

  async end(): Promise<void> {
    const warm = this.#mover
    this.#mover = undefined
    await warm?.process.end()
    await this.#endObjects()
  }
}
