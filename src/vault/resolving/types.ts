import type { SecretValue } from '../../core/crypto/seal.js'
import type { Access } from '../../core/access/access.js'
import type { Tree } from '../../core/ports.js'
import type { SeenSecret } from '../../core/versions/seen.js'
import type { Secret } from '../view.js'
import type { Writer } from '../documents/encryptVersion.js'

/** One state of a secret that a mended state must have. */
export interface Candidate {
  /** For people, such as `ours` or a commit. */
  readonly label: string
  readonly tree: Tree
  /** The commit that has the state, if it is one side of a merge or in the history. */
  readonly commit?: string | undefined
}

/** The states of one secret that have to be resolved. */
export interface FolderSides {
  readonly folder: string
  /** In order: the first that is accepted is `ours`. */
  readonly candidates: readonly Candidate[]
  /** Only if git has named one. */
  readonly base?: Tree | undefined
  /** Seen states that the result must follow, whether or not their files can be found. */
  readonly seen: readonly SeenSecret[]
  /** The state that a revert went back to. */
  readonly revertedTo?: Tree | undefined
  /** Whether somebody has removed the secret: to keep it is a decision. */
  readonly isRemoved: boolean
  /** Whether the result must be signed anew, so that readers and `verify --range` take it for newer. */
  readonly mustSign: boolean
}

export interface ResolveContext {
  /** The newest access log. */
  readonly access: Access
  readonly writer: Writer
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

export type QuestionReason = 'two values' | 'created twice' | 'removed and changed' | 'goes back'

/** One side of a question. */
export interface ShownSide {
  /** For people, such as `ours` or a commit. */
  readonly from: string
  readonly versionId: string
  /** The name of the member who wrote the version. */
  readonly writer: string
  readonly created: string
  /** Throws `DecryptionFailure` if the identity has no key to it. */
  readonly value: () => Promise<SecretValue>
}

/** Something that only a person can decide. */
export interface Question {
  readonly reason: QuestionReason
  /** The secret's name. */
  readonly name: string
  /** Absent if it is the vault's home region. */
  readonly region?: string | undefined
  readonly folder: string
  /** The state that each answer would choose; for `removed and changed`, only the one that would be kept. */
  readonly sides: readonly ShownSide[]
}

/** `ours` also stands for to keep the secret or the newer state, `theirs` for to remove it or to roll back. */
export type Answer = 'ours' | 'theirs'

/** Answers to questions, by `answerId`. */
export type Answers = ReadonlyMap<string, Answer>

export const answerId = ({ folder, reason }: Pick<Question, 'folder' | 'reason'>): string =>
  `${folder} ${reason}`

/** The files of a secret after it was resolved. */
export interface ResolvedFolder {
  readonly folder: string
  readonly name: string
  /** Absent if it is the vault's home region. */
  readonly region?: string | undefined
  /** Every file of the secret, by path; empty if it is removed. Without replica.yaml. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Absent if it is removed. */
  readonly secret?: Pick<Secret, 'arn' | 'document' | 'stagesDocument'>
  /** Each label with the version that it is on, the version's writer, and where it was on our side. */
  readonly labels: readonly {
    readonly label: string
    readonly version: string
    readonly writer: string
    readonly before?: string
  }[]
  /** Further notes for a person, one line each, such as a version that was left out. */
  readonly notes: readonly string[]
}

/** A secret that could not be resolved. */
export interface Unresolved {
  readonly folder: string
  readonly name: string
  /** Absent if it is the vault's home region. */
  readonly region?: string | undefined
  readonly why: string
  readonly hint?: string
}

export type FolderOutcome =
  | { readonly resolved: ResolvedFolder }
  | { readonly unresolved: Unresolved }
  | { readonly question: Question }
