import type { Access } from '../../core/access/access.js'
import type { VaultError } from '../../core/errors.js'
import type { SignedState } from '../../core/versions/signedState.js'
import type { Writer } from '../documents/encryptVersion.js'

export type SideName = 'ours' | 'theirs'

/** Why files cannot be merged by rule (FORMAT.md, "Merging"). */
export type ConflictReason =
  /** One VersionId has a value on each side. */
  | 'two values'
  /** Each side has created a secret of this name. */
  | 'created twice'
  /** Theirs lacks something that the merge base or this clone has seen, and has nothing later: a revert. */
  | 'goes back'
  /** A date is over 24 hours ahead of this computer's clock. */
  | 'dated ahead'
  /** One side has removed the secret or the file, and the other has changed it. */
  | 'removed and changed'
  /** A document of a side is refused under the newest access log. */
  | 'refused'
  /** The result needs a signature, and no identity is at hand. */
  | 'no signer'
  /** The result needs a signature that this member may not give. */
  | 'no right'
  /** Both sides have added entries to the access log. */
  | 'log forked'

export interface Conflict {
  readonly reason: ConflictReason
  /** The version with two values. */
  readonly version?: string
  /** More for people, without a full stop, such as why a document is refused. */
  readonly detail?: string
}

export interface MergeConflict extends Conflict {
  /** The file that is in conflict, relative to the repository's root. */
  readonly path: string
  /** The secret's name, or the key's alias; the file's path if it is neither. */
  readonly name: string
  /** Of a secret; absent if it is the vault's home region. */
  readonly region?: string | undefined
}

/** The side that a label's or version's last change came from; `both` if they agree. */
export type From = SideName | 'both'

/** The decision about one secret or key, for people. */
export interface MergeDecision {
  /** The secret's name, or the key's alias; the file's path if it is neither. */
  readonly name: string
  /** The secret's folder, or the file. */
  readonly path: string
  /** `joined` is signed anew; `removed` is gone, as on the side that removed it. */
  readonly result: SideName | 'joined' | 'removed'
  /** Each label with the version it is on after the merge; without `version`, it is on none. */
  readonly labels: readonly { readonly label: string; readonly version?: string; readonly from: From }[]
  /** The versions that only one side listed, and the name of their writer. `isKept` is false if it is pruned. */
  readonly versions: readonly {
    readonly version: string
    readonly writer: string
    readonly from: SideName
    readonly isKept: boolean
  }[]
}

/** The context of the merge of every document. */
export interface MergeContext {
  /** The newest access log of the two sides. It extends both, and what this clone has verified. */
  readonly access: Access
  /** The member who merges. */
  readonly signer?: Writer | undefined
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  /** Whether a person has accepted dates over 24 hours ahead of the clock. */
  readonly acceptsDates?: boolean | undefined
}

/** The time that dates may be 24 hours ahead of. */
export const dateLimit = ({ now, acceptsDates }: Pick<MergeContext, 'now' | 'acceptsDates'>): number =>
  acceptsDates === true ? Infinity : now

/** The accepted states of a secret between the merge base and a side's tip: see `Side.earlier`. */
export type EarlierStates = (side: SideName) => Promise<readonly SignedState[]>

/** The merge of one document: a side's own document, unchanged, or one that is signed anew. */
export type MergedDocument<D> = { readonly take: SideName } | { readonly signed: D } | Conflict

export function isConflict(merged: object): merged is Conflict {
  return 'reason' in merged
}

/** Returns the conflict for a document that is refused. */
export function refusedConflict({ message }: VaultError): Conflict {
  return { reason: 'refused', detail: message }
}
