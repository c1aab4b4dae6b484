import type { RotationPlan } from '../../operations/rotationPlan.js'
import { isLocked } from '../../system/files/lock.js'
import { readHead } from '../../system/git/head.js'
import { lockFolder, type Place } from '../../system/git/place.js'
import type { Vault } from '../../vault/vault.js'
import { plansIn, secretFolder } from './plans.js'

const WAIT_MS = 5
const MAX_WAITS = 400

/** The plans of a vault's secrets while others write to it. Reads again only what has changed since. */
export class WatchedPlans {
  readonly #vault: Vault
  readonly #place: Place
  readonly #plans = new Map<string, RotationPlan>()
  /** The commit that the plans are of, or an older one. */
  #head: string | undefined
  /** How many secrets were read so far. */
  reads = 0

  constructor(vault: Vault, place: Place) {
    this.#vault = vault
    this.#place = place
  }

  /** Returns the newest plans. If the branch has not moved, this only asks where it is. */
  async current(): Promise<Iterable<RotationPlan>> {
    const { oid } = await readHead(this.#place)
    if (oid === undefined || oid !== this.#head) {
      // the branch moves before the files follow
      const isWritten = await this.#written()
      await this.#read(this.#head === undefined || oid === undefined ? undefined : await this.#changed(oid))
      this.#head = isWritten ? oid : this.#head
    }
    return this.#plans.values()
  }

  async #read(folders: ReadonlySet<string> | undefined): Promise<void> {
    const found = await plansIn(this.#vault, folders)
    this.reads += folders?.size ?? found.size
    for (const folder of folders ?? [...this.#plans.keys()]) this.#plans.delete(folder)
    for (const [folder, plan] of found) this.#plans.set(folder, plan)
  }

  /** The folders of the secrets that have changed since; `undefined` if any may have. */
  async #changed(oid: string): Promise<Set<string> | undefined> {
    const { repository } = this.#vault
    const { place } = await this.#vault.read()
    const folders = new Set<string>()
    try {
      for await (const { path } of repository.difference(this.#head, oid, [place.folder])) {
        if (path === place.access) return undefined
        const folder = secretFolder(path)
        if (folder !== undefined) folders.add(folder)
      }
    } catch {
      // the old commit may be gone
      return undefined
    }
    return folders
  }

  /** Waits for the end of a write. Returns false if writes follow each other for long. */
  async #written(): Promise<boolean> {
    for (let time = 0; time < MAX_WAITS; time++) {
      if (!isLocked(lockFolder(this.#place))) return true
      await new Promise(resolve => setTimeout(resolve, WAIT_MS))
    }
    return false
  }
}
