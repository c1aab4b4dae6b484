import { Config } from '../git/config.js'
import { FastImport } from './fastImport.js'
import { BranchMover } from './branchMover.js'
import { KnownObjects } from './knownObjects.js'
import type { Place } from '../git/place.js'

/** Milliseconds for which git's configuration is not asked for again: a busy writer would ask ten times a second. */
const CONFIG_LIFE = 1_000

/** Milliseconds after which a process that made objects is ended: git's housekeeping may take away what it has begun. */
const UNUSED_FOR = 3_000

/** What stays from one write to the next, for a program that makes many. */
export class WarmProcesses {
  readonly known = new KnownObjects()
  readonly #place: Place
  #config: { readonly read: Promise<Config>; readonly since: number } | undefined
  #mover: { readonly process: BranchMover; readonly env: string } | undefined
  #objects: FastImport | undefined
  #unused: NodeJS.Timeout | undefined

  constructor(place: Place) {
    this.#place = place
  }

  /** For one write at a time. */
  objects(): FastImport {
    const warm = this.#takeObjects()
    warm?.hold(true)
    return warm?.mayStay === true ? warm : new FastImport(this.#place)
  }

  /** The write is over; where another comes soon, it has them. */
  async release(objects: FastImport): Promise<void> {
    if (!objects.mayStay || this.#objects !== undefined) return objects.end()
    this.#objects = objects
    objects.hold(false)
    this.#unused = setTimeout(this.#endUnused, UNUSED_FOR).unref()
    // of a program that has nothing else to do, closed or not
    process.once('beforeExit', this.#endUnused)
  }

  #takeObjects(): FastImport | undefined {
    const warm = this.#objects
    this.#objects = undefined
    clearTimeout(this.#unused)
    process.removeListener('beforeExit', this.#endUnused)
    return warm
  }

  /** Without hearing how it went: nothing that was made depends on it. */
  readonly #endUnused = (): void => void this.#endObjects().catch(() => undefined)

  async #endObjects(): Promise<void> {
    const warm = this.#takeObjects()
    warm?.hold(true)
    await warm?.end()
  }

  config(): Promise<Config> {
    const now = Date.now()
    const { read, since } = this.#config ?? { read: undefined, since: 0 }
    if (read !== undefined && now >= since && now < since + CONFIG_LIFE) return read
    const config = Config.read(this.#place)
    this.#config = { read: config, since: now }
    // one that could not be read is not kept
    config.catch(() => (this.#config = undefined))
    return config
  }

  /** @param env what it is started with; another ends the one that was started with something else */
  mover(env: Readonly<Record<string, string>>): BranchMover {
    const key = JSON.stringify(env)
    const warm = this.#mover
    if (warm?.env === key && !warm.process.isGone) return warm.process
    void warm?.process.end()
    const process = new BranchMover(this.#place, 'git-vault: writes that came together', env)
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
