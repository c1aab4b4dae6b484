import type { Right } from '../access/rights.js'

/** What a report shows. Holds no value of a secret. Times are in UTC, in the form of ISO 8601. */
export interface ReportData {
  readonly made: string
  /** The program's version. */
  readonly program: string
  /** The member whose identity this clone has; absent if it has none, or one of no member. */
  readonly by?: string
  readonly vault: ReportedVault
  readonly members: readonly ReportedMember[]
  readonly keys: readonly ReportedKey[]
  /** Each right that a member has or had, in the order in which they were granted. */
  readonly rights: readonly ReportedRight[]
  readonly secrets: readonly ReportedSecret[]
  readonly exposed: readonly ReportedExposure[]
  /** The secrets that are rotated, those that need attention first. */
  readonly rotation: readonly ReportedRotation[]
  readonly timeline: ReportedTimeline
  readonly accessLog: readonly ReportedEntry[]
  readonly verify: ReportedVerify
  readonly doctor: readonly ReportedCheck[]
  readonly recovery?: ReportedRecovery
  /** Documents that failed verification: what they say is left out. */
  readonly left: readonly { readonly path: string; readonly why: string; readonly mend?: string }[]
}

export interface ReportedVault {
  readonly folder: string
  /** The vault id. */
  readonly root: string
  /** Its fingerprint in words. */
  readonly words: string
  readonly region: string
  readonly account: string
  readonly created: string
  readonly commit: string
  readonly branch?: string
  /** Whether the clone lacks a part of the history. */
  readonly isShallow: boolean
}

export interface ReportedMember {
  readonly name: string
  readonly isAdmin: boolean
  /** Whether its identity is split into shares. */
  readonly isRecovery: boolean
  /** The public key's fingerprint in words. */
  readonly words: string
  readonly since: string
  readonly removed?: string
  /** Present ones, by the alias of a key. */
  readonly rights: readonly { readonly key: string; readonly rights: readonly Right[] }[]
}

export interface ReportedKey {
  readonly alias: string
  /** Patterns of names. */
  readonly names: readonly string[]
  readonly generations: number
  /** The date of the newest generation. */
  readonly since: string
}

export interface ReportedRight {
  readonly member: string
  readonly right: Right | 'admin'
  /** Absent for `admin`. */
  readonly key?: string
  readonly from: string
  readonly until?: string
}

export interface ReportedSecret {
  readonly name: string
  /** The region, if it is not the home region. */
  readonly region?: string
  /** The key of its name. */
  readonly key: string
  /** When the current value was stored, and by which member. */
  readonly stored?: string
  readonly by?: string
  readonly rotated?: string
  /** When it is to be deleted. */
  readonly deletion?: string
}

export interface ReportedExposure {
  readonly secret: string
  readonly region?: string
  readonly versionId: string
  readonly labels: readonly string[]
  readonly to: readonly { readonly member: string; readonly how: 'read' | 'wrote'; readonly since: string }[]
  readonly waiver?: { readonly by: string; readonly until: string; readonly reason: string }
}

export interface ReportedRotation {
  readonly secret: string
  readonly region?: string
  readonly state: 'failed' | 'incomplete' | 'due' | 'overdue' | 'never rotated' | 'soon' | 'in order'
  readonly function: string
  readonly schedule?: string
  readonly rotated?: string
  /** The first window that has not ended. */
  readonly opens?: string
  readonly ends?: string
}

export interface ReportedTimeline {
  /** The newest ones, newest first. */
  readonly changes: readonly ReportedChange[]
  readonly total: number
  /** How many there are on each day that has some, oldest day first. */
  readonly days: readonly { readonly day: string; readonly changes: number }[]
}

export interface ReportedChange {
  readonly time: string
  /** The signer; if nobody signed, the author that the commit names. */
  readonly by: string
  readonly operation: string
  readonly secret?: string
  readonly commit: string
  readonly isSigned: boolean
}

export interface ReportedEntry {
  readonly entry: number
  readonly time: string
  readonly by: string
  readonly changes: readonly string[]
}

export interface ReportedVerify {
  readonly secrets: number
  readonly versions: number
  readonly keys: number
  readonly problems: readonly ReportedFault[]
  readonly warnings: readonly ReportedFault[]
}

export interface ReportedFault {
  readonly path: string
  readonly reason: string
}

export interface ReportedCheck {
  readonly what: string
  readonly state: 'ok' | 'warning' | 'problem'
  readonly text: string
  readonly hint?: string
}

export interface ReportedRecovery {
  readonly name: string
  readonly threshold: number
  readonly holders: readonly string[]
  readonly lastDrill?: string
}
