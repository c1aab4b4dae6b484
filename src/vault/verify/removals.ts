import { VaultError } from '../../core/errors.js'
import type { History } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { ownerOf } from '../documents/owner.js'

/** The last removal of a secret's documents. */
export interface Removal {
  /** The commit that removed them. */
  readonly by: string
  /** The last commit that has them. */
  readonly before: string
}

/** Clocks differ, so the commit of a removal may be dated this much before the secret was created. In milliseconds. */
const CLOCKS_DIFFER = 48 * 60 * 60 * 1000

/** The removals in the history of a commit. Reads it only as far back as the oldest secret that is asked for. */
export class Removals {
  readonly #history: History
  readonly #place: Place
  readonly #commit: string
  #known: { readonly since: number; readonly folders: Promise<ReadonlyMap<string, Removal>> } | undefined

  constructor(history: History, place: Place, commit: string) {
    this.#history = history
    this.#place = place.inRegion(undefined)
    this.#commit = commit
  }

  /**
   * Returns the last removal of the secret in a folder, if it is in the history of another commit as well.
   * @param created when the secret was created, in milliseconds since the Unix epoch
   */
  async of(folder: string, created: number, within: string): Promise<Removal | undefined> {
    const since = created - CLOCKS_DIFFER
    if (!this.#known || since < this.#known.since) {
      // the first search was too short: this one reads everything, so that there is no third
      const from = this.#known ? 0 : since
      this.#known = { since: from, folders: this.#find(from) }
    }
    const removal = (await this.#known.folders).get(folder)
    return removal && (await this.#history.isAncestor(removal.by, within)) ? removal : undefined
  }

  async #find(since: number): Promise<ReadonlyMap<string, Removal>> {
    const found = new Map<string, Removal>()
    const { folder: root } = this.#place
    try {
      for await (const { path, by, parent } of this.#history.removed(this.#commit, since, [root])) {
        if (!path.endsWith('/secret.yaml')) continue
        const folder = ownerOf(path, root)
        if (!found.has(folder)) found.set(folder, { by, before: parent })
      }
    } catch (error) {
      // a partial clone may lack the folders of older commits. A complete clone finds the removal.
      if (!(error instanceof VaultError)) throw error
    }
    return found
  }
}
