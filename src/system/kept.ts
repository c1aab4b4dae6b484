import { Config } from './config.js'
import { KeptMover } from './keptMover.js'
import { KnownObjects } from './knownObjects.js'
import type { Place } from './place.js'

/** Milliseconds for which git's configuration is not asked for again: a busy writer would ask ten times a second. */
const CONFIG_LIFE = 1_000

/** What stays from one write to the next, for a program that makes many. */
export class Kept {
  readonly known = new KnownObjects()
  readonly #place: Place
  #config: { readonly read: Promise<Config>; readonly since: number } | undefined
  #mover: { readonly process: KeptMover; readonly env: string } | undefined

  constructor(place: Place) {
    this.#place = place
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
  mover(env: Readonly<Record<string, string>>): KeptMover {
    const key = JSON.stringify(env)
    const kept = this.#mover
    if (kept?.env === key && !kept.process.isGone) return kept.process
    void kept?.process.end()
    const process = new KeptMover(this.#place, 'git-vault: writes that came together', env)
    this.#mover = { process, env: key }
    return process
  }

  async end(): Promise<void> {
    const kept = this.#mover
    this.#mover = undefined
    await kept?.process.end()
  }
}
