import {
  CAPS,
  parseDocument,
  verifyDocument,
  type SecretDocument,
  type StagesDocument,
  type VersionDocument
} from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { ChangedFile, History } from '../../core/ports.js'
import { parseArn } from '../../core/service/name.js'
import type { View } from '../view.js'

/** A change that a member signed in one of a secret's documents. */
export interface SignedChange {
  readonly path: string
  readonly kind: OwnKind
  /** The blob of the document. */
  readonly blob: string
  readonly arn: string
  readonly name: string
  /** The signer's key id and name. */
  readonly by: string
  readonly member: string
  readonly operation: string
  readonly token?: string
  readonly time: string
}

export type OwnKind = 'secret' | 'stages' | 'version'
type OwnDocument = SecretDocument | StagesDocument | VersionDocument

/** How many documents are cached: the state before a commit is what an older one left. */
const MAX_DOCUMENTS = 200

/** Reads the documents of secrets in commits. */
export class SignedChanges {
  readonly #view: View
  readonly #history: History
  readonly #documents = new Map<string, Promise<OwnDocument | undefined>>()

  constructor(view: View, history: History) {
    this.#view = view
    this.#history = history
  }

  /**
   * Returns the change of a document that no parent of the commit has and that a present or former member signed. Returns
   * `undefined` for any other file, and for a state that is not newer than that of a parent.
   */
  async of({ path, blob, before }: ChangedFile): Promise<SignedChange | undefined> {
    const kind = kindOf(path)
    if (kind === undefined || blob === undefined) return undefined
    // a version is written once: a merge may restore its file, and re-encryption replaces it
    if (kind === 'version' && (before.length > 1 || before[0] !== undefined)) return undefined
    const document = await this.#document(kind, blob, path)
    const signer = document && this.#view.access.members.get(document.signed.by)
    if (!signer || !verifyDocument(document, this.#view.access.vaultId, signer.signKey)) return undefined
    const arn = document.kind === 'git-vault/secret' ? document.arn : document.secret
    const { name, region } = parseArn(arn)
    const place = this.#view.inRegion(region).place.secret(name)
    const own =
      document.kind === 'git-vault/version' ? place.version(document.version) : place[kind as 'secret']
    // a document at another path than its name's proves nothing about this commit
    if (path !== own || (await this.#goesBack(kind, document, before, path))) return undefined
    const { operation, token, time } = document.signed.change
    const { by } = document.signed
    const change = { operation, time, ...(token === undefined ? {} : { token }) }
    return { path, kind, blob, arn, name, by, member: signer.name, ...change }
  }

  /** Returns the ARN of the secret whose secret.yaml a commit removes, if that document was a member's. */
  async removedArn({ path, blob, before: [blobBefore] }: ChangedFile): Promise<string | undefined> {
    if (blob !== undefined || blobBefore === undefined || kindOf(path) !== 'secret') return undefined
    const change = await this.of({ path, blob: blobBefore, before: [undefined] })
    return change?.arn
  }

  async #goesBack(
    kind: OwnKind,
    document: OwnDocument,
    before: ChangedFile['before'],
    path: string
  ): Promise<boolean> {
    for (const blob of before) {
      const earlier = blob === undefined ? undefined : await this.#document(kind, blob, path)
      if (earlier && isNotAfter(document, earlier)) return true
    }
    return false
  }

  #document(kind: OwnKind, blob: string, path: string): Promise<OwnDocument | undefined> {
    const key = `${kind} ${blob}`
    const document = this.#documents.get(key) ?? this.#read(kind, blob, path)
    keepLast(this.#documents, MAX_DOCUMENTS, key, document)
    return document
  }

  async #read(kind: OwnKind, blob: string, path: string): Promise<OwnDocument | undefined> {
    const bytes = await this.#history.blob(blob, CAPS[kind].bytes)
    return bytes && parseIfValid(kind, bytes, path)
  }
}

/** Whether a document of a secret is not newer than another one of the same path. */
function isNotAfter(document: OwnDocument, earlier: OwnDocument): boolean {
  if (document.kind === 'git-vault/version') return false
  const arn = (one: OwnDocument) => (one.kind === 'git-vault/secret' ? one.arn : one.secret)
  if (arn(document) === arn(earlier)) return Number(document.signed.serial) <= Number(earlier.signed.serial)
  return (
    document.kind === 'git-vault/secret' &&
    earlier.kind === 'git-vault/secret' &&
    document.created <= earlier.created
  )
}

function kindOf(path: string): OwnKind | undefined {
  if (path.endsWith('/stages.yaml')) return 'stages'
  if (path.endsWith('/secret.yaml')) return 'secret'
  return /\/versions\/[^/]+\.yaml$/.test(path) ? 'version' : undefined
}

/** Returns `undefined` if the bytes are not a valid document: an old commit may contain anything. */
export async function parseIfValid<K extends 'access' | OwnKind>(kind: K, bytes: Uint8Array, path: string) {
  try {
    return await parseDocument(kind, bytes, path)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
