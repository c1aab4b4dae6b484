import { VaultError } from '../errors.js'

/** What checking a signature costs, in the units of `Steps`. */
export const SIGNATURE_UNITS = 60

/** State that the classes which fold an access log share. */
export class FoldContext {
  /** Number of the entry being folded, from 1. */
  entry: number
  /** The member or key that owns each key id, public key and recipient in the log. None may have two owners. */
  readonly keyOwners: Map<string, string>
  /** Aliases of the keys on which this entry ends a `decrypt`, until it adds their next generation. */
  readonly outdatedKeys = new Set<string>()
  readonly #path: string

  /**
   * @param path of the access log
   * @param from the state after the last entry of a log that this one extends, which is not changed
   */
  constructor(path: string, from?: FoldContext) {
    this.#path = path
    this.entry = from?.entry ?? 0
    this.keyOwners = new Map(from?.keyOwners)
  }

  /** Throws `DocumentRefused`, naming the path and the entry. */
  refuse(why: string): never {
    throw new VaultError('DocumentRefused', `${this.#path}: access log entry ${this.entry}: ${why}`)
  }
}
