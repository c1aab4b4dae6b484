import type { Config } from '../git/config.js'
import { FastImport } from './fastImport.js'
import type { WarmProcesses } from './warmProcesses.js'
import type { Place } from '../git/place.js'

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
  readonly warm: WarmProcesses
  objects: FastImport
  /** Whether the next write is to have the process that makes objects. */
  stays = false
  /** How many that died have been followed by another. */
  #renewed = 0
  #isReleased = false

  constructor(warm: WarmProcesses) {
    this.warm = warm
    this.objects = warm.objects()
    this.config = warm.config()
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

  /** The write is over, whatever came of it. */
  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    if (this.stays) await this.warm.release(this.objects)
    else await this.objects.end()
  }
}
