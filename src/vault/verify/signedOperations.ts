import { verifyDocument, type SignedDocument } from '../../core/format/documents.js'
import { parseMessage } from '../../core/format/message.js'
import type { RangeCommit } from '../../core/ports.js'
import { MERGE, RESOLVE } from '../documents/merged.js'
import { unlessRefused } from '../documents/refusal.js'
import { readDocument } from '../documents/place.js'
import type { View } from '../view.js'

/** An operation that a member signed in documents of a commit. */
export interface SignedOperation {
  readonly operation: string
  readonly member: string
  /** How many secrets it changed, and the names of the first `MAX_NAMES`. */
  readonly secrets: number
  readonly names: readonly string[]
}

/** What a commit's message says was done. It proves nothing: anybody who can push can write a message. */
export interface Claim {
  readonly operation: string
  readonly subject: string
  readonly member: string
}

interface OperationCount extends SignedOperation {
  secrets: number
  readonly names: string[]
  lastName: string | undefined
}

export const MAX_NAMES = 20
/** A rebase or a cherry-pick keeps the message of a write, but may sign the join of its documents anew. */
const MERGES: readonly string[] = [MERGE, RESOLVE]
const KINDS = { 'secret.yaml': 'secret', 'stages.yaml': 'stages' } as const

/** The operations of a commit, collected from the documents that none of its parents has. */
export class SignedOperations {
  readonly #all = new Map<string, OperationCount>()

  /** Adds the operation of the document at `path`. Ignores other files, and documents that no member signed. */
  async add(view: View, path: string): Promise<void> {
    const file = path.slice(path.lastIndexOf('/') + 1)
    const kind = path.startsWith(`${view.place.folder}/keys/`) ? 'key' : KINDS[file as keyof typeof KINDS]
    if (kind === undefined) return
    const document = await readIfDocument(view, kind, path)
    const signer = document && view.access.members.get(document.signed.by)
    if (!signer || !verifyDocument(document, view.access.vaultId, signer.signKey)) return
    const { operation } = document.signed.change
    const id = `${operation} ${signer.name}`
    const known = this.#all.get(id) ?? {
      operation,
      member: signer.name,
      secrets: 0,
      names: [],
      lastName: undefined
    }
    this.#all.set(id, known)
    const name = nameOf(document)
    // a secret's two documents follow each other: count the secret once
    if (name === undefined || name === known.lastName) return
    known.lastName = name
    known.secrets++
    if (known.names.length < MAX_NAMES) known.names.push(name)
  }

  get all(): SignedOperation[] {
    return [...this.#all.values()].map(({ operation, member, secrets, names }) => ({
      operation,
      member,
      secrets,
      names
    }))
  }

  /** The member who has signed a document for a merge, or to resolve one; the first of several. */
  get merger(): string | undefined {
    return [...this.#all.values()].find(({ operation }) => MERGES.includes(operation))?.member
  }

  /**
   * Whether the member has signed the operation in a version that the commit adds. After a rebase or a cherry-pick, the
   * other documents may be signed for the merge, by another member.
   */
  async hasVersion(view: View, paths: Iterable<string>, { operation, member }: Claim): Promise<boolean> {
    for (const path of paths) {
      if (!/\/versions\/[^/]+$/.test(path)) continue
      const document = await readIfDocument(view, 'version', path)
      const signer = document && view.access.members.get(document.signed.by)
      if (signer?.name !== member || document?.signed.change.operation !== operation) continue
      if (verifyDocument(document, view.access.vaultId, signer.signKey)) return true
    }
    return false
  }

  /** Whether the member has signed the operation that the message claims, or a merge into which a rebase has made it. */
  has({ operation, member }: Claim): boolean {
    return [operation, ...MERGES].some(signed => this.#all.has(`${signed} ${member}`))
  }
}

/** Returns what a commit's message claims, or `undefined` if git-vault did not write the message. */
export function claimOf({ message }: Pick<RangeCommit, 'message'>): Claim | undefined {
  const { operation, subject, trailers } = parseMessage(message)
  const member = trailers.find(([key]) => key === 'Member')?.[1]
  return member === undefined || !/^[A-Z][A-Za-z]+$/.test(operation)
    ? undefined
    : { operation, subject, member }
}

function readIfDocument(
  { tree }: View,
  kind: 'key' | 'secret' | 'stages' | 'version',
  path: string
): Promise<SignedDocument | undefined> {
  return unlessRefused(() => readDocument(tree, kind, path))
}

function nameOf(document: SignedDocument): string | undefined {
  if (document.kind === 'git-vault/secret') return document.name
  return document.kind === 'git-vault/stages'
    ? document.secret.replace(/^(?:[^:]*:){6}|-[^-]*$/g, '')
    : undefined
}
