import { DEFAULT_KEY, keyFor, mayWrite, type Member, type Right } from '../core/access.js'
import {
  digestOf,
  formatDocument,
  signDocument,
  type Documents,
  type Envelope,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type Unsigned,
  type VersionDocument
} from '../core/documents.js'
import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/identity.js'
import { commitMessage, type Trailer } from '../core/message.js'
import type { Change, Random } from '../core/ports.js'
import { sealValue, type SecretValue } from '../core/seal.js'
import { forgetCleared } from '../core/register.js'
import { greatestStamp, stamp, type Stages, type VersionEntry } from '../core/stages.js'
import type { SeenSecret } from '../core/seen.js'
import { parseTime, type Time } from '../core/time.js'
import { droppedVersions } from '../core/versions.js'
import { stagesFields } from './stagesDocument.js'
import { lastChanged, latestDate } from './secretTimes.js'
import { seenState, type Secret, type View } from './view.js'

/** Milliseconds. */
const FURTHEST_AHEAD = 24 * 60 * 60 * 1000

/** A value to seal, and what its document says about it. */
export interface NewValue {
  readonly arn: string
  readonly name: string
  readonly versionId: string
  readonly created: Time
  readonly value: SecretValue
  /** Where the same value was written before, if it was. */
  readonly origin?: VersionDocument['origin'] | undefined
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
  /** By ARN: the documents as they will be. */
  readonly #written = new Map<string, Pick<Secret, 'document' | 'stagesDocument'>>()
  readonly #removed: SeenSecret[] = []
  #subject = ''

  constructor(
    view: View,
    member: Member,
    identity: Identity,
    operation: string,
    now: number,
    random: Random
  ) {
    this.view = view
    this.member = member
    this.identity = identity
    this.#operation = operation
    this.now = now
    this.random = random
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
    const { access } = this.view
    const alias = keyFor(access, name)?.alias ?? DEFAULT_KEY
    if (mayWrite(this.member, alias, rights, access.entries.length)) return
    throw new VaultError(
      'AccessDeniedException',
      `${this.member.name} is not authorized to perform secretsmanager:${this.#operation} on ${name}`
    )
  }

  /**
   * The time that a change to the secret is given: now, or just after everything it has seen. Throws `RepositoryState`
   * where that is far ahead of this clock, before a clock that runs wild spreads.
   */
  stamp(secret: Secret): Time {
    const last = latestDate(secret)
    if (last !== undefined && (parseTime(last) ?? 0) > this.now + FURTHEST_AHEAD) {
      throw new VaultError(
        'RepositoryState',
        `${secret.place.stages}: dated ${last}, over 24 hours ahead of this computer's clock`,
        {
          hint: "set the clock right; if it is right, the member's was not who wrote there"
        }
      )
    }
    return stamp(this.now, greatestStamp(secret.stages), lastChanged(secret))
  }

  /** Seals a value to the newest generation of the name's key and puts it in its file. */
  addVersion({ arn, name, versionId, created, value, origin }: NewValue): VersionEntry {
    const { access, place } = this.view
    const key = keyFor(access, name)
    const generation = key?.generations.at(-1)
    if (!key || !generation)
      throw new VaultError('EncryptionFailure', `no key of this vault is for the name ${name}`)
    const { recipient, publicKey } = generation
    const header = {
      kind: 'git-vault/version',
      format: '1',
      secret: arn,
      version: versionId,
      created,
      type: value.type,
      key: key.alias,
      recipient,
      origin: origin ?? { key: key.alias, recipient },
      signed: this.#envelope(undefined, versionId, created)
    } as const
    const sealed = sealValue(value, header, access.vaultId, publicKey, {
      dataKey: this.random.bytes(32),
      nonce: this.random.bytes(24),
      ephemeral: this.random.bytes(32)
    })
    const { signed, ...fields } = header
    const document = this.#sign<VersionDocument>({ ...fields, ...sealed, signed })
    this.#write('version', document, place.secret(name).version(versionId))
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
      ...stagesFields(stages),
      signed: this.#envelope(replaced?.signed.serial, token, stamp)
    })
    this.#write('stages', stagesDocument, place.stages)
    const written = this.#written.get(document.arn)
    this.#written.set(document.arn, { document: written?.document ?? document, stagesDocument })
  }

  #envelope(replacedSerial: string | undefined, token: string | undefined, time: Time): Envelope {
    const { entries } = this.view.access
    return {
      serial: String(Number(replacedSerial ?? 0) + 1),
      by: this.member.keyId,
      access: { entry: String(entries.length), hash: entries.at(-1) ?? '' },
      change: { operation: this.#operation, ...(token === undefined ? {} : { token }), time }
    }
  }

  #sign<D extends SignedDocument>(document: Unsigned<D>): D {
    return signDocument(document, this.view.access.vaultId, this.identity.signSecret)
  }

  #write<K extends 'secret' | 'stages' | 'version' | 'replica'>(
    kind: K,
    document: Documents[K],
    path: string
  ): void {
    this.#files.set(path, formatDocument(kind, document, path))
  }
}

/** So that the files of a secret that was removed, brought back, are older than what this clone has seen. */
function removedState({ secret, stages, ...state }: SeenSecret): SeenSecret {
  const after = (serial: string) => ({ serial: String(Number(serial) + 1), digest: 'removed' })
  return { ...state, secret: after(secret.serial), stages: after(stages.serial) }
}
