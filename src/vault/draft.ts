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
import { commitTo } from '../core/crypto/commitment.js'
import {
  digestOf,
  formatDocument,
  signDocument,
  type Documents,
  type AccessDocument,
  type Envelope,
  type KeyDocument,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type Unsigned,
  type VersionDocument
} from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/crypto/identity.js'
import { parseArn } from '../core/service/name.js'
import { commitMessage, type Trailer } from '../core/format/message.js'
import type { Change, Random } from '../core/ports.js'
import { sealValue, type SecretValue } from '../core/crypto/seal.js'
import { withoutProofs } from '../core/access/moveProofs.js'
import { forgetCleared } from '../core/versions/register.js'
import type { Stages, VersionEntry } from '../core/versions/stages.js'
import type { SeenSecret } from '../core/versions/seen.js'
import { formatTime, type Time } from '../core/time.js'
import { droppedVersions } from '../core/versions/versions.js'
import { proveMoves } from './documents/proveMoves.js'
import { stagesFields } from './documents/stagesDocument.js'
import { stampAfter } from './documents/secretTimes.js'
import { removedState, seenState } from './memory/seenState.js'
import type { Secret, View } from './view.js'

/** A value to seal, and what its document says about it. */
export interface NewValue {
  readonly arn: string
  readonly name: string
  readonly versionId: string
  readonly created: Time
  readonly value: SecretValue
  /** Of the same value where it was written before, if it was. */
  readonly origin?: VersionDocument['origin'] | undefined
  /** Of the same version, before it is encrypted again. */
  readonly commitment?: VersionDocument['commitment'] | undefined
}

/** Who writes. */
export interface Writer {
  readonly member: Member
  readonly identity: Identity
  readonly random: Random
}

/** What of a secret.yaml can change. */
export type SecretFields = Omit<
  Partial<SecretDocument>,
  'kind' | 'format' | 'name' | 'arn' | 'created' | 'token' | 'signed' | 'signature'
>

/** A write that is being decided: the state it starts from, and the files it will leave. */
export class Draft {
  readonly view: View
  readonly member: Member
  readonly identity: Identity
  /** Milliseconds since the Unix epoch, read once for the whole write. */
  readonly now: number
  readonly random: Random
  readonly #operation: string
  readonly #files = new Map<string, Uint8Array | null>()
  readonly #trailers: Trailer[] = []
  readonly #keys = new Map<string, KeyDocument>()
  /** By ARN: the documents as they will be. */
  readonly #written = new Map<string, Pick<Secret, 'document' | 'stagesDocument'>>()
  readonly #removed: SeenSecret[] = []
  #access: Access
  #log: AccessDocument
  #subject = ''

  /** @param log what `view.access` was folded from */
  constructor(
    view: View,
    log: AccessDocument,
    { member, identity, random }: Writer,
    operation: string,
    now: number
  ) {
    this.view = view
    this.member = member
    this.identity = identity
    this.random = random
    this.now = now
    this.#operation = operation
    this.#access = view.access
    this.#log = log
  }

  /** What the access log says, with what this write adds to it. */
  get access(): Access {
    return this.#access
  }

  /** The secret that is to be changed. Throws as `View.secret`, and InvalidParameterException for a replica. */
  async secret(secretId: string): Promise<Secret> {
    const secret = await this.view.secret(secretId)
    if (secret.primary === undefined) return secret
    throw new VaultError(
      'InvalidParameterException',
      "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    )
  }

  /** Throws AccessDeniedException unless the member who writes has one of `rights` on the key of `name`. */
  authorize(name: string, rights: readonly Right[]): void {
    if (this.mayWrite(name, rights)) return
    throw new VaultError(
      'AccessDeniedException',
      `${this.member.name} is not authorized to perform secretsmanager:${this.#operation} on ${name}`
    )
  }

  /** Whether the member who writes has one of `rights` on the key of `name`, or is an admin. */
  mayWrite(name: string, rights: readonly Right[]): boolean {
    return mayWrite(this.member, this.#keyOf(name), rights, this.view.access.entries.length)
  }

  /** Whether they may read what is under the key of `name`: an admin need not. */
  mayRead(name: string): boolean {
    return this.member.rights.get(this.#keyOf(name))?.has('decrypt') ?? false
  }

  /**
   * Adds an entry to the access log, which counts for whatever is drafted from then on. Throws AccessDeniedException for
   * who is no admin, and `DocumentRefused` for an entry that no reader would take.
   */
  amend(changes: [LogChange, ...LogChange[]]): void {
    expectAdmin(this.member)
    const path = this.view.place.access
    const entry = { time: formatTime(this.now), by: this.member.keyId, changes }
    const next = appendEntry(this.#log, this.#access, entry, this.identity.signSecret, path)
    ;[this.#access, this.#log] = [next.access, next.log]
    this.#write('access', next.log, path)
  }

  /** A generation's key document, as this write has left it so far. */
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
    this.#write('key', document, path)
  }

  /** The time that a change to the secret is given. Throws `RepositoryState` where that would be far ahead of this clock. */
  stamp(secret: Secret): Time {
    return stampAfter(secret, this.now)
  }

  /** Seals a value to the newest generation of the name's key and puts it in its file. */
  addVersion({ arn, name, versionId, created, value, origin, commitment }: NewValue): VersionEntry {
    const key = keyFor(this.#access, name)
    const generation = key?.generations.at(-1)
    if (!key || !generation)
      throw new VaultError('EncryptionFailure', `no key of this vault is for the name ${name}`)
    const { recipient, publicKey } = generation
    const committed = { vault: this.#access.vaultId, secret: arn, version: versionId }
    const proof =
      commitment ?? (this.mayRead(name) ? undefined : commitTo(value, committed, this.identity.commitSecret))
    const header = {
      kind: 'git-vault/version',
      format: '1',
      secret: arn,
      version: versionId,
      created,
      type: value.type,
      key: key.alias,
      recipient,
      origin: origin ?? { key: key.alias, recipient, writer: this.member.keyId },
      ...(proof === undefined ? {} : { commitment: proof }),
      signed: this.#envelope(undefined, versionId, created)
    } as const
    const sealed = sealValue(value, header, this.#access.vaultId, publicKey, {
      dataKey: this.random.bytes(32),
      nonce: this.random.bytes(24),
      ephemeral: this.random.bytes(32)
    })
    const { signed, ...fields } = header
    const document = this.#sign<VersionDocument>({ ...fields, ...sealed, signed })
    const { region } = parseArn(arn)
    this.#write('version', document, this.view.inRegion(region).place.secret(name).version(versionId))
    return { created, writer: this.member.keyId, key: key.alias, digest: digestOf(document) }
  }

  /** Both documents of a secret that is new. */
  addSecret(
    fields: Omit<SecretDocument, 'kind' | 'format' | 'signed' | 'signature'>,
    stages: Stages,
    stamp: Time
  ): void {
    const { name, token } = fields
    const place = this.view.place.secret(name)
    const document = this.#sign<SecretDocument>({
      kind: 'git-vault/secret',
      format: '1',
      ...fields,
      signed: this.#envelope(undefined, token, stamp)
    })
    this.#write('secret', document, place.secret)
    this.#writeStages({ place, document }, stages, undefined, token, stamp)
  }

  /** A new state of secret.yaml: `fields` in place of its own. */
  updateSecret(secret: Secret, fields: SecretFields, token: string | undefined, stamp: Time): void {
    const { signature, signed, ...present } = secret.document
    const changed = { ...present, ...fields }
    const document = this.#sign<SecretDocument>({
      ...changed,
      ...forgetCleared(changed, this.now),
      signed: this.#envelope(signed.serial, token, stamp)
    })
    this.#write('secret', document, secret.place.secret)
    const { stagesDocument } = this.#written.get(document.arn) ?? secret
    this.#written.set(document.arn, { document, stagesDocument })
  }

  /** Removes all files of a secret. What was in them stays in git's history. */
  removeSecret(secret: Secret): void {
    const { place, stages, document } = secret
    this.#files.set(place.secret, null)
    this.#files.set(place.stages, null)
    for (const versionId of stages.versions.keys()) this.#files.set(place.version(versionId), null)
    this.#written.delete(document.arn)
    this.#removed.push(seenState(secret))
  }

  /** Takes a file away that lies beside the vault, if it is there. */
  async removeBeside(path: string): Promise<void> {
    if (await this.view.tree.read(path, 1 << 20)) this.#files.set(path, null)
  }

  /** Puts up the signpost in a region to a secret of that name in `primary`, or takes it down. */
  setReplica(name: string, region: string, primary: string | undefined): void {
    const path = this.view.inRegion(region).place.secret(name).replica
    if (primary === undefined) this.#files.set(path, null)
    else this.#write('replica', { kind: 'git-vault/replica', format: '1', name, primary }, path)
  }

  /** A new state of stages.yaml; the files of versions that are no longer in it go. Returns those versions' ids. */
  updateStages(secret: Secret, stages: Stages, token: string | undefined, stamp: Time): string[] {
    const dropped = droppedVersions(secret.stages, stages)
    for (const versionId of dropped) this.#files.set(secret.place.version(versionId), null)
    this.#writeStages(secret, stages, secret.stagesDocument, token, stamp)
    return dropped
  }

  /** What the commit's message says: the name after the operation, then trailers. */
  describe(subject: string, trailers: readonly Trailer[]): void {
    this.#subject = subject
    this.#trailers.push(...trailers)
  }

  /** `undefined` where the write leaves everything as it is. */
  get change(): Change | undefined {
    if (this.#files.size === 0) return undefined
    const trailers: Trailer[] = [...this.#trailers, ['Member', this.member.name]]
    return {
      files: this.#files,
      message: commitMessage(this.#operation, this.#subject, trailers),
      member: this.member.name,
      time: this.now
    }
  }

  /** Remembers what was signed, once it is committed. */
  async remember(): Promise<void> {
    for (const state of this.#removed) await this.view.seen.remember(removedState(state))
    for (const written of this.#written.values()) await this.view.seen.remember(seenState(written))
  }

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
    this.#write('stages', stagesDocument, place.stages)
    const written = this.#written.get(document.arn)
    this.#written.set(document.arn, { document: written?.document ?? document, stagesDocument })
  }

  #proved(stages: Stages, { arn, name }: SecretDocument, isNew: boolean): Stages {
    const context = { access: this.#access, secret: arn, key: this.#keyOf(name) }
    return proveMoves(isNew ? withoutProofs(stages) : stages, name, context, this)
  }

  #keyOf(name: string): string {
    return keyFor(this.#access, name)?.alias ?? DEFAULT_KEY
  }

  #envelope(replacedSerial: string | undefined, token: string | undefined, time: Time): Envelope {
    const { entries } = this.#access
    return {
      serial: String(Number(replacedSerial ?? 0) + 1),
      by: this.member.keyId,
      access: { entry: String(entries.length), hash: entries.at(-1) ?? '' },
      change: { operation: this.#operation, ...(token === undefined ? {} : { token }), time }
    }
  }

  #sign<D extends SignedDocument>(document: Unsigned<D>): D {
    return signDocument(document, this.#access.vaultId, this.identity.signSecret)
  }

  #write<K extends 'access' | 'key' | 'secret' | 'stages' | 'version' | 'replica'>(
    kind: K,
    document: Documents[K],
    path: string
  ): void {
    this.#files.set(path, formatDocument(kind, document, path))
  }
}
