import type { Head } from '../git/head.js'

/**
 * A remote that must have a commit before the branch moves to it. A write is then decided on the newest state of the remote,
 * and nothing is committed here that the remote lacks.
 */
export interface RemoteFirst {
  /**
   * Runs the commits of a batch while nothing else in this process works with the remote, on a branch that the remote has.
   * Throws if that cannot be had, for example because the remote cannot be reached.
   */
  turn<T>(work: () => Promise<T>): Promise<T>
  /** Whether HEAD is the branch of the remote, at its newest commit, as far as this process knows. */
  isNewest(head: Head): boolean
  /** Asks the remote whether a commit is its newest. */
  confirm(oid: string | undefined): Promise<boolean>
  /** Pushes a commit. Returns false if the remote has another one meanwhile. Throws for any other failure. */
  push(oid: string): Promise<boolean>
}

/** The remote or the branch has moved: the writes have to be decided again, after what came. */
export const LOST = Symbol('lost')
