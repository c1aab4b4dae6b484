import {
  keyFor,
  mayWrite,
  type Access,
  type Generation,
  type Key,
  type Member,
  type Right
} from '../../core/access/access.js'
import { encryptionFault } from '../../core/access/encryptionRules.js'
import { unprovedLabel } from '../../core/access/moveProofs.js'
import { sealFault } from '../../core/crypto/seal.js'
import { decode } from '../../core/encoding.js'
import {
  digestOf,
  verifyDocument,
  type KeyDocument,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type VersionDocument
} from '../../core/format/documents.js'
import { isArnOf, parseArn } from '../../core/service/name.js'
import { sodium } from '../../core/sodium.js'
import { isTime, parseTime, type Time } from '../../core/time.js'
import { AWSCURRENT, hasNoValue, writeTimes, type Stages } from '../../core/versions/stages.js'
import type { Place, SecretPlace } from './place.js'
import { refuse, RESOLVE_HINT } from './refusal.js'
import { stagesRights } from './repaired.js'
import { secretTimes } from './secretTimes.js'
import { stagesOf } from './stagesDocument.js'

/** The parts of a secret that its versions are checked against. */
export interface VersionOwner {
  readonly place: SecretPlace
  readonly document: Pick<SecretDocument, 'arn' | 'name'>
  readonly stages: Stages
}

/**
 * Decides whether a document is accepted at the path where it was found (FORMAT.md, "When a document is accepted", 1 to
 * 4). Reads nothing. Each method throws a `DocumentRefused` that names the file if the document is refused.
 */
export class Acceptance {
  readonly #access: Access
  readonly #vault: Place

  /** @param vault any region of the vault */
  constructor(access: Access, vault: Place) {
    this.#access = access
    this.#vault = vault
  }

  /** Checks a secret.yaml by itself. Returns the key that the secret's name is under. */
  secret(document: SecretDocument, place: SecretPlace): Key {
    const access = this.#access
    const { name, arn } = document
    const key = keyFor(access, name) ?? refuse(place.secret, `no key covers the name "${name}"`)
    this.#signature(document, place.secret, key.alias, ['manage'])
    const { region = access.region } = place
    if (!isArnOf(arn, { region, account: access.account, name }))
      refuse(place.secret, 'its ARN does not match its name, region and account')
    if (this.#vault.inRegion(place.region).secret(name).secret !== place.secret)
      refuse(place.secret, `it belongs to the secret ${name}`)
    if (document.key.value !== key.alias)
      refuse(
        place.secret,
        `it is under key "${document.key.value}", but the key of "${name}" is "${key.alias}"`
      )
    const { date = document.created } = document.deletion ?? {}
    requireTimes(document, place.secret, () => [...secretTimes(document), date])
    return key
  }

  /** Checks the stages.yaml of a secret whose secret.yaml was accepted. Returns its state. */
  stages(document: StagesDocument, place: SecretPlace, { arn, key }: { arn: string; key: Key }): Stages {
    const path = place.stages
    this.#signature(document, path, key.alias, stagesRights(document))
    if (document.secret !== arn) refuse(path, `it belongs to ${document.secret}`)
    const stages = stagesOf(document)
    this.#moves(document, path, key.alias, stages)
    requireTimes(document, path, () => writeTimes(stages))
    if (!stages.labels.has(AWSCURRENT) && [...stages.versions.values()].some(entry => !hasNoValue(entry)))
      refuse(path, 'AWSCURRENT is on no version, but it can never be removed')
    for (const [label, { version, before }] of stages.labels) {
      const entry = stages.versions.get(version)
      if (!entry) refuse(path, `${label} is on a version that is not listed`)
      if (label === AWSCURRENT && hasNoValue(entry))
        refuse(path, 'AWSCURRENT is on a version without a value')
      if (before && (label !== AWSCURRENT || !stages.versions.has(before.version)))
        refuse(path, `${label} was previously on a version that is not listed`)
    }
    return stages
  }

  /**
   * Checks a stages.yaml without its secret.yaml, as a merge of the one file does. The secret's name, and by it the key,
   * follows from the ARN in it.
   */
  stagesAlone(document: StagesDocument, place: SecretPlace): { name: string; key: Key; stages: Stages } {
    const arn = document.secret
    const { region, account, name } = parseArn(arn)
    const { region: home } = this.#access
    if (region !== (place.region ?? home) || account !== this.#access.account)
      refuse(place.stages, `it belongs to ${arn}`)
    if (this.#vault.inRegion(place.region).secret(name).stages !== place.stages)
      refuse(place.stages, `it belongs to the secret ${name}`)
    const key = keyFor(this.#access, name) ?? refuse(place.stages, `no key covers the name "${name}"`)
    return { name, key, stages: this.stages(document, place, { arn, key }) }
  }

  /** Checks the document of a version that the accepted stages.yaml lists. */
  version(document: VersionDocument, versionId: string, owner: VersionOwner): void {
    const { name, arn } = owner.document
    const path = owner.place.version(versionId)
    const entry = owner.stages.versions.get(versionId)
    if (digestOf(document) !== entry?.digest) refuse(path, 'its digest is not the one that stages.yaml lists')
    if (document.secret !== arn || document.version !== versionId)
      refuse(path, 'it belongs to another secret or version')
    if (document.created !== entry.created) refuse(path, 'stages.yaml lists another date for it')
    if (document.key !== entry.key || document.signed.by !== entry.writer)
      refuse(path, 'stages.yaml lists another key or writer for it')
    const signer = this.#signer(document, path)
    this.generation(document, path)
    const fault = encryptionFault(document, name, signer, this.#access)
    if (fault !== undefined) refuse(path, fault)
  }

  /** Checks what can be checked of a version's ciphertext without a key to it. */
  ciphertext(document: VersionDocument, path: string): void {
    const fault = sealFault(document)
    if (fault !== undefined) refuse(path, fault)
  }

  /** Returns the generation of its key that a version is encrypted to. */
  generation({ key, recipient }: VersionDocument, path: string): Generation {
    const generations = this.#access.keys.get(key)?.generations ?? []
    return (
      generations.find(other => other.recipient === recipient) ??
      refuse(path, `it is sealed to a generation of key "${key}" that is not in the access log`)
    )
  }

  /** Checks the key document of a generation. */
  key(document: KeyDocument, path: string, alias: string, generation: Generation): void {
    this.#signature(document, path, alias, [])
    const publicKey = decode(document.public, 32)
    if (document.key !== alias || document.generation !== generation.number)
      refuse(path, 'it belongs to another key or generation')
    if (!publicKey || !sodium.memcmp(publicKey, generation.publicKey))
      refuse(path, 'its public key is not the one in the access log')
  }

  /** A member without `manage` may move a label only onto a version that they wrote; other moves carry a proof. */
  #moves(document: StagesDocument, path: string, key: string, stages: Stages): void {
    const { by, access } = document.signed
    const signer = this.#access.members.get(by)
    if (signer && mayWrite(signer, key, ['manage'], Number(access.entry))) return
    const label = unprovedLabel(stages, { access: this.#access, secret: document.secret, key })
    if (label !== undefined)
      refuse(
        path,
        `signed by ${signer?.name}, who may not move ${label} there, and the move has no valid proof`
      )
  }

  /** The signer must hold one of the rights on the key, by a grant that they knew of when they signed. */
  #signature(document: SignedDocument, path: string, alias: string, rights: readonly Right[]): void {
    const member = this.#signer(document, path)
    if (!mayWrite(member, alias, rights, Number(document.signed.access.entry)))
      refuse(path, `signed by ${member.name}, who may not sign it`, RESOLVE_HINT)
  }

  /** Verifies the signature. Returns the member who signed, present or former. */
  #signer(document: SignedDocument, path: string): Member {
    const { by, access } = document.signed
    const member = this.#access.members.get(by) ?? refuse(path, 'its signer is not in the access log')
    if (this.#access.entries[Number(access.entry) - 1] !== access.hash)
      refuse(path, 'it names an entry that is not in the access log')
    if (!verifyDocument(document, this.#access.vaultId, member.signKey))
      refuse(path, 'the signature does not verify')
    if (parseTime(document.signed.change.time) === undefined) refuse(path, NO_SUCH_TIME)
    return member
  }
}

/**
 * Refuses a document with a time that the calendar does not have, such as 30 February: the schema's pattern admits it.
 * @param times called once for each document
 */
function requireTimes(document: SignedDocument, path: string, times: () => readonly Time[]): void {
  if (checkedTimes.has(document)) return
  if (!times().every(isTime)) refuse(path, NO_SUCH_TIME)
  checkedTimes.add(document)
}

const checkedTimes = new WeakSet<SignedDocument>()
const NO_SUCH_TIME = 'a time in it does not exist'
