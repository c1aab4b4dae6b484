import type { Config } from './config.js'
import { FastImport } from './fastImport.js'
import type { Kept } from './kept.js'
import type { Place } from './place.js'

export interface WriteOptions {
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number
  /** What the user should know although the write went well. */
  readonly onWarning: (line: string) => void
  /** Called as each step is done: by tests, which stop the process there. */
  readonly onStep: (step: string) => void
}

/** How often it is tried again where fast-import died: a full disk stays full. */
const RENEWED = 2

/** Processes that a write will need, started while there is something else to do. */
export class Prepared {
  readonly config: Promise<Config>
  readonly kept: Kept
  objects: FastImport
  /** Called while a write of many waits for git: a good moment to start what the next will need. */
  readonly onWaiting: () => void
  /** How many that died have been followed by another. */
  #renewed = 0

  constructor(place: Place, kept: Kept, onWaiting: () => void) {
    this.kept = kept
    this.onWaiting = onWaiting
    this.objects = new FastImport(place)
    this.config = kept.config()
    this.config.catch(() => undefined)
  }

  /** Whether the objects could not be made for a reason that may have passed. */
  get isToRenew(): boolean {
    return this.objects.hasDied && this.#renewed < RENEWED
  }

  async renew(place: Place): Promise<void> {
    if (this.objects.hasDied) this.#renewed++
    await this.objects.end()
    this.objects = new FastImport(place)
  }
}
