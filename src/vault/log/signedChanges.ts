import { CAPS, parseDocument, verifyDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { ChangedFile, History } from '../../core/ports.js'
import { parseArn } from '../../core/service/name.js'
import type { View } from '../view.js'

/** A change that a member signed in one of a secret's documents. */
export interface SignedChange extends Signed {
  readonly path: string
  readonly kind: OwnKind
  /** The blob of the document. */
  readonly blob: string
}

/** The part of a document that the log needs. A present or former member signed it. */
interface Signed {
  readonly arn: string
  readonly name: string
  /** The signer's key id and name. */
  readonly by: string
  readonly member: string
  readonly operation: string
  readonly token?: string
  readonly time: string
  readonly serial: number
  /** Of a secret.yaml: when the secret was created. */
  readonly created?: string
  /** Of a stages.yaml that was signed for a version: the path of that version's file. */
  readonly versionPath?: string
}

export type OwnKind = 'secret' | 'stages' | 'version'

/** Operations whose token is the id of the version that they create. */
export const CREATES_VERSION = /^(?:CreateSecret|PutSecretValue|UpdateSecret)$/

/** How many documents are remembered: the state before a commit is what an older commit left. */
const MAX_DOCUMENTS = 5_000

/** Reads the documents of secrets in commits. */
export class SignedChanges {
  readonly #view: View
  readonly #history: History
  readonly #documents = new Map<string, Promise<Signed | undefined>>()
  /** The last change of a stages.yaml. */
  #stages: SignedChange | undefined

  constructor(view: View, history: History) {
    this.#view = view
    this.#history = history
  }

  /**
   * Returns the change of a document that no parent of the commit has and that a present or former member signed. Returns
   * `undefined` for any other file, and for a state that is not newer than that of a parent. Of a commit's files, the
   * version must come after its stages.yaml.
   */
  async of({ path, blob, before }: ChangedFile): Promise<SignedChange | undefined> {
    const kind = kindOf(path)
    if (kind === undefined || blob === undefined) return undefined
    if (kind === 'version') {
      // a version is written once: a merge may restore its file, and re-encryption replaces it
      if (before.length > 1 || before[0] !== undefined) return undefined
      // the member who signed the labels has signed the version's digest, so the version need not be read
      if (this.#stages?.versionPath === path) return { ...this.#stages, path, kind, blob }
    }
    const signed = await this.#signed(kind, blob, path)
    if (!signed) return undefined
    for (const parent of before) {
      const earlier = parent === undefined ? undefined : await this.#signed(kind, parent, path)
      if (earlier && isNotAfter(signed, earlier)) return undefined
    }
    const change = { ...signed, path, kind, blob }
    if (kind === 'stages') this.#stages = change
    return change
  }

  /** Forgets the documents of the last commit. */
  next(): void {
    this.#stages = undefined
  }

  /** Returns the ARN of the secret whose secret.yaml a commit removes, if that document was a member's. */
  async removedArn({ path, blob, before: [blobBefore] }: ChangedFile): Promise<string | undefined> {
    if (blob !== undefined || blobBefore === undefined || kindOf(path) !== 'secret') return undefined
    return (await this.#signed('secret', blobBefore, path))?.arn
  }

  #signed(kind: OwnKind, blob: string, path: string): Promise<Signed | undefined> {
    const key = `${path} ${blob}`
    const signed = this.#documents.get(key) ?? this.#read(kind, blob, path)
    keepLast(this.#documents, MAX_DOCUMENTS, key, signed)
    return signed
  }

  async #read(kind: OwnKind, blob: string, path: string): Promise<Signed | undefined> {
    const bytes = await this.#history.blob(blob, CAPS[kind].bytes)
    const document = bytes && (await parseIfValid(kind, bytes, path))
    const signer = document && this.#view.access.members.get(document.signed.by)
    if (!signer || !verifyDocument(document, this.#view.access.vaultId, signer.signKey)) return undefined
    const arn = document.kind === 'git-vault/secret' ? document.arn : document.secret
    const { name, region } = parseArn(arn)
    const place = this.#view.inRegion(region).place.secret(name)
    const own =
      document.kind === 'git-vault/version' ? place.version(document.version) : place[kind as 'secret']
    // a document at another path than its name's proves nothing about this commit
    if (path !== own) return undefined
    const { serial, by, change } = document.signed
    const { operation, token } = change
    const isForVersion = kind === 'stages' && token !== undefined && CREATES_VERSION.test(operation)
    return {
      ...{ arn, name, by, member: signer.name, ...change, serial: Number(serial) },
      ...(document.kind === 'git-vault/secret' ? { created: document.created } : {}),
      ...(isForVersion ? { versionPath: place.version(token) } : {})
    }
  }
}

/** Whether a state of a document is not newer than another one of the same path. */
function isNotAfter(signed: Signed, earlier: Signed): boolean {
  if (signed.arn === earlier.arn) return signed.serial <= earlier.serial
  return signed.created !== undefined && earlier.created !== undefined && signed.created <= earlier.created
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
