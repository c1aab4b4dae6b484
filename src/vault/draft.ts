import {
  DEFAULT_KEY,
  expectAdmin,
  keyFor,
  mayWrite,
  type Access,
  type Generation,
  type Member,
  type Right
} from '../core/access/access.js'
import { appendEntry, type LogChange } from '../core/access/accessLog.js'
import {
  digestOf,
  type AccessDocument,
  type Envelope,
  type KeyDocument,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type Unsigned
} from '../core/format/documents.js'
import { grantHint } from '../core/access/grantHint.js'
import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/crypto/identity.js'
import { parseArn } from '../core/service/name.js'
import type { Trailer } from '../core/format/message.js'
import type { Change, Random } from '../core/ports.js'
import { withoutProofs } from '../core/access/moveProofs.js'
import { forgetCleared } from '../core/versions/register.js'
import type { Stages, VersionEntry } from '../core/versions/stages.js'
import { formatTime, type Time } from '../core/time.js'
import { droppedVersions } from '../core/versions/versions.js'
import { carryPolicy } from './documents/carryPolicy.js'
import { MERGE } from './documents/merged.js'
import { encryptVersion, type NewValue, type Writer } from './documents/encryptVersion.js'
import { OldestDate } from './documents/oldestDate.js'
import { proveMoves } from './documents/proveMoves.js'
import { Signer } from './documents/signer.js'
import { signerManages } from './documents/signerManages.js'
import { stagesFields } from './documents/stagesDocument.js'
import { latestDate, stampAfter } from './documents/secretTimes.js'
import { ChangeSet, type SecretFields, type SignedSecret } from './changeSet.js'
import type { FromOutside, WriteLimits } from './limits.js'
import type { Secret, View } from './view.js'

/** A write while it is decided: the state that it starts from, and the documents that it signs. */
export class Draft {
  readonly view: View
  readonly member: Member
  readonly identity: Identity
  /** Milliseconds since the Unix epoch, read once for the whole write. */
  readonly now: number
  readonly random: Random
  readonly limits: WriteLimits
  readonly #operation: string
  readonly #signer: Signer
  readonly #changes: ChangeSet
  /** The key documents that this write has changed, by path. */
  readonly #keys = new Map<string, KeyDocument>()
  #access: Access
  #log: () => Promise<AccessDocument>
  /** The secrets that this write dates. */
  readonly dated = new OldestDate()
  /** The secrets that this write changes after a merge, as they will be: git may have left wrong files. */
  readonly afterMerge: Secret[] = []

  /** @param log returns what `view.access` was folded from */
  constructor(
    view: View,
    log: () => Promise<AccessDocument>,
    { member, identity, random, limits = {}, spool }: Writer & FromOutside,
    operation: string,
    now: number
  ) {
    this.view = view
    this.member = member
    this.identity = identity
    this.random = random
    this.limits = limits
    this.now = now
    this.#operation = operation
    this.#signer = new Signer(this, operation)
    this.#changes = new ChangeSet(operation, member.name, now, spool)
    this.#access = view.access
    this.#log = log
  }

  /** The access log's state, with the entries that this write adds. */
  get access(): Access {
    return this.#access
  }

  /** Returns the secret to change. Throws as `View.secret`, and InvalidParameterException for a replica. */
  async secret(secretId: string): Promise<Secret> {
    const secret = await this.view.secret(secretId)
    if (secret.primary === undefined) return secret
    throw new VaultError(
      'InvalidParameterException',
      "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    )
  }

  /** Throws AccessDeniedException unless the writer has one of `rights` on the key of `name`. */
  authorize(name: string, rights: readonly Right[]): void {
    if (this.mayWrite(name, rights)) return
    throw new VaultError(
      'AccessDeniedException',
      `${this.member.name} is not authorized to perform secretsmanager:${this.#operation} on ${name}`,
      { hint: grantHint(this.view.access, this.member.keyId, this.keyOf(name), rights) }
    )
  }

  /** Whether the writer has one of `rights` on the key of `name`, or is an admin. */
  mayWrite(name: string, rights: readonly Right[]): boolean {
    return mayWrite(this.member, this.keyOf(name), rights, this.view.access.entries.length)
  }

  /** Whether the writer may decrypt under the key of `name`. An admin does not have that right by being one. */
  mayRead(name: string): boolean {
    return this.member.rights.get(this.keyOf(name))?.has('decrypt') ?? false
  }

  /**
   * Adds an entry to the access log. It holds for everything that is drafted after it. Throws AccessDeniedException if the
   * writer is no admin or `limits` forbid it, and `DocumentRefused` if a reader would refuse the entry.
   */
  async amend(changes: [LogChange, ...LogChange[]]): Promise<void> {
    expectAdmin(this.member)
    if (this.limits.mayAmend === false)
      throw new VaultError('AccessDeniedException', 'this server may not change the access log')
    const path = this.view.place.access
    const entry = { time: formatTime(this.now), by: this.member.keyId, changes }
    const next = appendEntry(await this.#log(), this.#access, entry, this.identity.signSecret, path)
    ;[this.#access, this.#log] = [next.access, async () => next.log]
    this.#changes.write('access', next.log, path)
  }

  /** Returns a generation's key document, as this write has changed it so far. */
  async keyDocument(alias: string, generation: Generation): Promise<KeyDocument> {
    const path = this.view.place.key(alias, generation.number)
    return this.#keys.get(path) ?? this.view.keyDocument(alias, generation)
  }

  putKey(
    fields: Pick<KeyDocument, 'key' | 'generation' | 'public' | 'sealed'>,
    replaced: KeyDocument | undefined
  ): void {
    const path = this.view.place.key(fields.key, fields.generation)
    const signed = this.#envelope(replaced?.signed.serial, undefined, formatTime(this.now))
    const document = this.#sign<KeyDocument>({ kind: 'git-vault/key', format: '1', ...fields, signed })
    this.#keys.set(path, document)
    this.#changes.write('key', document, path)
  }

  /** Returns the time to date a change to the secret with. Throws `RepositoryState` if that is far ahead of the clock. */
  stamp(secret: Secret): Time {
    const stamp = stampAfter(secret, this.now)
    this.dated.note(secret.name, latestDate(secret) ?? '')
    return stamp
  }

  /**
   * Encrypts a value to the newest generation of the name's key, and writes its file. Returns its entry. Throws
   * AccessDeniedException without `encrypt`, also for a re-encrypted value: no reader would accept it.
   */
  addVersion(value: NewValue): VersionEntry {
    const { arn, name, versionId, created } = value
    this.authorize(name, ['encrypt'])
    const signed = this.#envelope(undefined, versionId, created)
    const document = encryptVersion(value, signed, this.#access, this)
    const { region } = parseArn(arn)
    this.#changes.write('version', document, this.view.inRegion(region).place.secret(name).version(versionId))
    return { created, writer: this.member.keyId, key: document.key, digest: digestOf(document) }
  }

  /** Writes both documents of a new secret. */
  addSecret(
    fields: Omit<SecretDocument, 'kind' | 'format' | 'signed' | 'signature'>,
    stages: Stages,
    stamp: Time
  ): void {
    const { name, token } = fields
    this.dated.note(name, '')
    const place = this.view.place.secret(name)
    const document = this.#sign<SecretDocument>({
      kind: 'git-vault/secret',
      format: '1',
      ...fields,
      signed: this.#envelope(undefined, token, stamp)
    })
    this.#changes.write('secret', document, place.secret)
    this.#writeStages({ place, document }, stages, undefined, token, stamp)
  }

  /** Writes secret.yaml with `fields` replaced. */
  updateSecret(
    secret: Secret,
    fields: SecretFields & { readonly created?: Time },
    token: string | undefined,
    stamp: Time
  ): void {
    const { signature, signed, ...present } = secret.document
    const changed = { ...present, ...fields }
    const document = this.#sign<SecretDocument>({
      ...changed,
      ...forgetCleared(changed, this.now),
      ...carryPolicy(secret.document, changed, this),
      signed: this.#envelope(signed.serial, token, stamp)
    })
    this.#changes.write('secret', document, secret.place.secret)
    const { stagesDocument } = this.#changes.written(document.arn) ?? secret
    this.#changes.noteWritten({ document, stagesDocument })
  }

  /** Removes all files of a secret. Their contents stay in git's history. */
  removeSecret(secret: Secret): void {
    const { place, stages } = secret
    const versions = [...stages.versions.keys()].map(versionId => place.version(versionId))
    for (const path of [place.secret, place.stages, ...versions]) this.#changes.remove(path)
    this.#changes.noteRemoved(secret)
  }

  /** Writes files of secrets that were joined or restored, and signed where that was due. */
  placeFiles(files: ReadonlyMap<string, Uint8Array | null>, secrets: readonly SignedSecret[]): void {
    this.#changes.placeFiles(files, secrets)
  }

  /** Writes the pointer from a replica's region to `primary`, or removes it if `primary` is `undefined`. */
  setReplica(name: string, region: string, primary: string | undefined): void {
    const path = this.view.inRegion(region).place.secret(name).replica
    if (primary === undefined) this.#changes.remove(path)
    else this.#changes.write('replica', { kind: 'git-vault/replica', format: '1', name, primary }, path)
  }

  /** Writes stages.yaml, and removes the files of versions it no longer lists. Returns the ids of those versions. */
  updateStages(secret: Secret, stages: Stages, token: string | undefined, stamp: Time): string[] {
    const dropped = droppedVersions(secret.stages, stages)
    if (secret.stagesDocument.signed.change.operation === MERGE) this.afterMerge.push({ ...secret, stages })
    for (const versionId of dropped) this.#changes.remove(secret.place.version(versionId))
    this.#writeStages(secret, stages, secret.stagesDocument, token, stamp)
    return dropped
  }

  /** Adds to the commit's message: `subject` stands after the operation, `trailers` at the end. */
  describe(subject: string, trailers: readonly Trailer[]): void {
    this.#changes.describe(subject, [...trailers, ...(this.limits.trailers?.() ?? [])])
  }

  /** What is to be committed, or `undefined` if this write changes nothing. */
  get change(): Change | undefined {
    return this.#changes.change
  }

  /** Remembers what was signed and removed. To be called once it is committed. */
  async remember(): Promise<void> {
    await this.#changes.remember(this.view.seen, this.#manages)
  }

  /** As `ChangeSet.spool`. */
  readonly spool = (): void => this.#changes.spool(this.#manages)

  readonly #manages = ({ document, stagesDocument }: SignedSecret): boolean =>
    signerManages(stagesDocument, this.keyOf(document.name), this.#access)

  #writeStages(
    { place, document }: Pick<Secret, 'place' | 'document'>,
    stages: Stages,
    replaced: StagesDocument | undefined,
    token: string | undefined,
    stamp: Time
  ): void {
    const stagesDocument = this.#sign<StagesDocument>({
      kind: 'git-vault/stages',
      format: '1',
      secret: document.arn,
      ...stagesFields(this.#proved(stages, document, replaced === undefined)),
      signed: this.#envelope(replaced?.signed.serial, token, stamp)
    })
    this.#changes.write('stages', stagesDocument, place.stages)
    const written = this.#changes.written(document.arn)
    this.#changes.noteWritten({ document: written?.document ?? document, stagesDocument })
  }

  #proved(stages: Stages, { arn, name }: SecretDocument, isNew: boolean): Stages {
    const context = { access: this.#access, secret: arn, key: this.keyOf(name) }
    return proveMoves(isNew ? withoutProofs(stages) : stages, name, context, this)
  }

  keyOf(name: string): string {
    return keyFor(this.#access, name)?.alias ?? DEFAULT_KEY
  }

  #envelope(replacedSerial: string | undefined, token: string | undefined, time: Time): Envelope {
    return this.#signer.envelope(this.#access, replacedSerial, token, time)
  }

  #sign<D extends SignedDocument>(document: Unsigned<D>): D {
    return this.#signer.sign(document, this.#access)
  }
}
