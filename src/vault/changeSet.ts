import { utf8 } from '../core/format/canonical.js'
import { formatDocument, type Documents, type SecretDocument } from '../core/format/documents.js'
import { parseJson } from '../core/format/parseJson.js'
import { commitMessage, type Trailer } from '../core/format/message.js'
import type { Change, Spool } from '../core/ports.js'
import { SpooledFiles } from '../core/spooledFiles.js'
import type { SeenSecret } from '../core/versions/seen.js'
import { forEachOf } from '../core/workers.js'
import type { Seen } from './memory/seen.js'
import { removedState, seenState } from './memory/seenState.js'
import type { Secret } from './view.js'

/** The fields of secret.yaml that can change. */
export type SecretFields = Omit<
  Partial<SecretDocument>,
  'kind' | 'format' | 'name' | 'arn' | 'created' | 'token' | 'signed' | 'signature'
>

/** The documents of a secret that a clone remembers. */
export type SignedSecret = Pick<Secret, 'document' | 'stagesDocument'>

/** Most of an update is waiting for the disk. */
const CONCURRENT_UPDATES = 32

/** The files and the message of one commit, while they are drafted. */
export class ChangeSet {
  readonly #operation: string
  readonly #member: string
  readonly #time: number
  readonly #spool: Spool | undefined
  readonly #files = new SpooledFiles()
  /** Whether a part of this write was spooled. */
  #isLarge = false
  readonly #trailers: Trailer[] = []
  #subject = ''
  /** The documents as they will be, by ARN. */
  readonly #written = new Map<string, SignedSecret>()
  readonly #removed: SeenSecret[] = []
  /** Where the states of secrets are whose documents are not in memory any more: JSON, for some secrets at a time. */
  readonly #states: { readonly at: number; readonly length: number }[] = []

  /**
   * @param operation begins the commit's message
   * @param member the author's name
   * @param time milliseconds since the Unix epoch
   * @param spool takes what is not to stay in memory
   */
  constructor(operation: string, member: string, time: number, spool?: Spool) {
    this.#operation = operation
    this.#member = member
    this.#time = time
    this.#spool = spool
  }

  /** Writes a document. Throws `DocumentRefused` if a reader would refuse its form, for example its size. */
  write<K extends Exclude<keyof Documents, 'identity' | 'vaultrc'>>(
    kind: K,
    document: Documents[K],
    path: string
  ): void {
    this.#files.set(path, formatDocument(kind, document, path, !this.#isLarge))
  }

  /**
   * Writes files whose content was checked already.
   * @param files path to new bytes; `null` removes the file
   * @param secrets whose documents are among them
   */
  placeFiles(files: ReadonlyMap<string, Uint8Array | null>, secrets: readonly SignedSecret[]): void {
    for (const [path, bytes] of files) this.#files.set(path, bytes)
    for (const { document, stagesDocument } of secrets) this.noteWritten({ document, stagesDocument })
  }

  remove(path: string): void {
    this.#files.set(path, null)
  }

  /** The documents that this commit gives a secret, or `undefined` if it gives it none. */
  written(arn: string): SignedSecret | undefined {
    return this.#written.get(arn)
  }

  /** Notes what this commit signs of a secret, to be remembered once it is committed. */
  noteWritten(secret: SignedSecret): void {
    this.#written.set(secret.document.arn, secret)
  }

  /** Notes that this commit removes a secret. */
  noteRemoved(secret: SignedSecret): void {
    this.#written.delete(secret.document.arn)
    this.#removed.push(removedState(seenState(secret)))
  }

  /**
   * Moves all files out of memory, if there is a place for them, and of the secrets' documents the states that are to be
   * remembered. To be called after a part of a large write, which changes those secrets no more.
   * @param manages as for `remember`
   */
  spool(manages: (secret: SignedSecret) => boolean): void {
    if (!this.#spool) return
    this.#isLarge = true
    this.#files.spool(this.#spool)
    if (this.#written.size === 0) return
    const states = utf8(JSON.stringify(this.#writtenStates(manages)))
    this.#states.push({ at: this.#spool.put(states), length: states.length })
    this.#written.clear()
  }

  *#allStates(manages: (secret: SignedSecret) => boolean): Generator<SeenSecret> {
    yield* this.#removed
    for (const { at, length } of this.#states) yield* parseJson(this.#spool!.read(at, length)) as SeenSecret[]
    yield* this.#writtenStates(manages)
  }

  #writtenStates(manages: (secret: SignedSecret) => boolean): SeenSecret[] {
    return [...this.#written.values()].map(secret => seenState({ ...secret, manages: manages(secret) }))
  }

  /** Adds to the message: `subject` stands after the operation, `trailers` at the end. */
  describe(subject: string, trailers: readonly Trailer[]): void {
    this.#subject = subject
    for (const trailer of trailers) this.#trailers.push(trailer)
  }

  /** What is to be committed, or `undefined` if no file changes. */
  get change(): Change | undefined {
    if (this.#files.size === 0) return undefined
    const trailers: Trailer[] = [...this.#trailers, ['Member', this.#member]]
    return {
      files: this.#files,
      isSpooled: path => this.#files.isSpooled(path),
      message: commitMessage(this.#operation, this.#subject, trailers),
      member: this.#member,
      time: this.#time
    }
  }

  /**
   * Remembers what was signed and removed. To be called once it is committed.
   * @param manages whether the signer of the documents holds `manage`
   */
  async remember(seen: Seen, manages: (secret: SignedSecret) => boolean): Promise<void> {
    const failures: unknown[] = []
    // a damaged file of one secret must not keep the others from being remembered
    const rememberOne = async (state: SeenSecret): Promise<void> => {
      await seen.remember(state).catch((error: unknown) => failures.push(error))
    }
    await forEachOf(this.#allStates(manages), CONCURRENT_UPDATES, rememberOne)
    if (failures.length > 0) throw failures[0]
  }
}
