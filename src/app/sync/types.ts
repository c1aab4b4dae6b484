import type { Dialogue } from '../../system/remote/remoteGit.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'

export interface SyncOptions {
  readonly directory: string
  /** The remote to use instead of the branch's upstream. */
  readonly remote?: string | undefined
  /** Fetches, and changes nothing else. */
  readonly dryRun?: boolean
  /** Whether to push; true by default. */
  readonly push?: boolean
  /** Whether to take secrets that are dated over 24 hours ahead of the clock. */
  readonly acceptClock?: boolean
  /** How often a push that loses a race is tried, at most and for a minute at most; 30 by default. */
  readonly tries?: number
  /** As in `moveForward`. */
  readonly whileMoving?: <T>(work: () => Promise<T>) => Promise<T>
  readonly dialogue: Dialogue
}

/** A secret or key that both sides had changed. */
export interface Joined {
  readonly name: string
  /** Of a secret; absent if it is the vault's home region. */
  readonly region?: string | undefined
  /** The decisions, for people: one text for each label or version. */
  readonly decided: readonly string[]
}

/** A part of the vault that cannot be merged by rule. */
export interface Unmerged {
  readonly name: string
  readonly path: string
  /** The conflict, in one line. */
  readonly reason: string
  /** The commands that end it. */
  readonly hint: string
}

export interface Synced {
  /** For people, such as `origin/main`. */
  readonly upstream: string
  readonly pushTo: string
  /** How many commits came, those that do nothing to the vault included. */
  readonly received: number
  /** The received commits, parents first. */
  readonly incoming: readonly CommitReport[]
  readonly joined: readonly Joined[]
  /** This clone's entries of the access log that were made again after those that came, for people. */
  readonly reapplied: readonly string[]
  /** If there is one, nothing was pushed, and what was received is what had been merged before it. */
  readonly conflicts: readonly Unmerged[]
  /** How many commits the remote lacked. */
  readonly sent: number
  readonly outgoing: readonly CommitReport[]
  readonly isPushed: boolean
  /** How often the push lost a race. */
  readonly races: number
  /** The upstream's commit that was fetched last; `undefined` if it had no such branch. */
  readonly fetched?: string | undefined
  /** The commit that was pushed. */
  readonly pushed?: string
}
