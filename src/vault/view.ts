import {
  keyFor,
  mayWrite,
  type Access,
  type Generation,
  type Key,
  type Member,
  type Right
} from '../core/access/access.js'
import {
  digestOf,
  verifyDocument,
  type KeyDocument,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type VersionDocument
} from '../core/format/documents.js'
import { decode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/crypto/identity.js'
import { unprovedLabel } from '../core/access/moveProofs.js'
import { formatArn, parseSecretId } from '../core/service/name.js'
import type { Tree } from '../core/ports.js'
import { openValue, sealFault, type SecretValue } from '../core/crypto/seal.js'
import { encryptionFault } from '../core/access/encryptionRules.js'
import { sodium } from '../core/sodium.js'
import { AWSCURRENT, isEmpty, type Stages } from '../core/versions/stages.js'
import { formatTime, isTime, parseTime, type Time } from '../core/time.js'
import { privateKeyIn } from './documents/privateKey.js'
import { readDocument, type Place, type SecretPlace } from './documents/place.js'
import type { Seen } from './memory/seen.js'
import { rollbackRefusal, sameState, seenState } from './memory/seenState.js'
import { secretTimes, writeTimes } from './documents/secretTimes.js'
import { stagesOf } from './documents/stagesDocument.js'

/** A secret whose documents count. */
export interface Secret {
  readonly name: string
  /** In the region that was asked; the documents' is another where this is a replica. */
  readonly arn: string
  /** Where this is a replica: the region of the secret that it shows. */
  readonly primary?: string
  readonly place: SecretPlace
  readonly key: Key
  readonly document: SecretDocument
  readonly stagesDocument: StagesDocument
  readonly stages: Stages
}

/**
 * One tree as this clone may believe it. Whatever it hands out counts (FORMAT.md, "When a document is accepted");
 * what does not is a `DocumentRefused` that names the file.
 */
export class View {
  readonly tree: Tree
  readonly place: Place
  readonly access: Access
  readonly seen: Seen
  readonly #now: Time

  /**
   * @param place of the region that is asked
   * @param now milliseconds since the Unix epoch: a secret whose recovery window has passed is not there any more
   */
  constructor(tree: Tree, place: Place, access: Access, seen: Seen, now: number) {
    this.tree = tree
    this.place = place
    this.access = access
    this.seen = seen
    this.#now = formatTime(now)
  }

  get region(): string {
    return this.place.region ?? this.access.region
  }

  /** The secret that a SecretId asks for. Throws ResourceNotFoundException, with the service's text. */
  async secret(secretId: string): Promise<Secret> {
    const id = parseSecretId(secretId)
    const here = id.kind === 'name' || (id.region === this.region && id.account === this.access.account)
    const secret = here ? await this.named(id.name) : undefined
    if (!secret || (id.kind === 'arn' && secret.arn !== formatArn(id))) {
      throw new VaultError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    }
    return secret
  }

  /** The secret of that name; `undefined` where there is none. */
  async named(name: string): Promise<Secret | undefined> {
    const place = this.place.secret(name)
    return present(await this.#own(place, name), this.#now) ?? this.replica(place, name)
  }

  /** The secret of that name whose recovery window has passed, and whose files are still there. */
  async expired(name: string): Promise<Secret | undefined> {
    const secret = await this.#own(this.place.secret(name), name)
    return present(secret, this.#now) ? undefined : secret
  }

  /** Every secret, in no particular order. `walk` finds the folders that hold one. */
  async *all(walk: AsyncIterable<SecretPlace>): AsyncIterable<Secret> {
    for await (const place of walk) {
      const secret = present(await this.secretAt(place), this.#now) ?? (await this.replica(place))
      if (secret) yield secret
    }
  }

  /** Those whose recovery window has passed, and whose files are still there. */
  async *allExpired(walk: AsyncIterable<SecretPlace>): AsyncIterable<Secret> {
    for await (const place of walk) {
      const secret = await this.secretAt(place)
      if (secret && !present(secret, this.#now)) yield secret
    }
  }

  /** The same tree as another of the vault's regions has it. */
  inRegion(region: string): View {
    const elsewhere = region === this.access.region ? undefined : region
    if (elsewhere === this.place.region) return this
    const place = this.place.inRegion(elsewhere)
    return new View(this.tree, place, this.access, this.seen, parseTime(this.#now) ?? Number.NaN)
  }

  /** The secret whose files lie in a folder, whatever this clone remembers of it. */
  async secretAtAnyAge(place: SecretPlace): Promise<Secret | undefined> {
    const [document, stagesDocument] = await Promise.all([
      readDocument(this.tree, 'secret', place.secret),
      readDocument(this.tree, 'stages', place.stages)
    ])
    if (!document && !stagesDocument) return undefined
    if (!document) return refuse(place.secret, 'missing')
    if (!stagesDocument) return refuse(place.stages, 'missing')
    const key = this.checkSecret(document, place)
    const { name, arn } = document
    const stages = this.checkStages(stagesDocument, place, { arn, key })
    return { name, arn, place, key, document, stagesDocument, stages }
  }

  /** What there is to say against a secret.yaml by itself. Gives the key that its name is under. */
  checkSecret(document: SecretDocument, place: SecretPlace): Key {
    const { name, arn } = document
    const key = keyFor(this.access, name) ?? refuse(place.secret, `no key is for the name ${name}`)
    this.#check(document, place.secret, key.alias, ['manage'])
    const { region = this.access.region } = place
    const suffix = arn.slice(-6)
    if (arn !== formatArn({ region, account: this.access.account, name, suffix }))
      refuse(place.secret, 'its ARN is not of its name, or of another vault')
    if (this.place.inRegion(place.region).secret(name).secret !== place.secret)
      refuse(place.secret, `it belongs to the secret ${name}`)
    if (document.key.value !== key.alias)
      refuse(place.secret, `it is under key ${document.key.value}; the log has ${name} under ${key.alias}`)
    const { date = document.created } = document.deletion ?? {}
    refuseNoDates(document, place.secret, () => [...secretTimes(document), date])
    return key
  }

  /** What there is to say against the stages.yaml of a secret. Gives its state. */
  checkStages(
    document: StagesDocument,
    place: SecretPlace,
    { arn, key }: Pick<Secret, 'arn' | 'key'>
  ): Stages {
    this.#check(document, place.stages, key.alias, ['encrypt', 'manage'])
    if (document.secret !== arn) refuse(place.stages, `it belongs to ${document.secret}`)
    const stages = stagesOf(document)
    this.#checkMoves(document, place.stages, key.alias, stages)
    refuseNoDates(document, place.stages, () => writeTimes(stages))
    if (!stages.labels.has(AWSCURRENT) && [...stages.versions.values()].some(entry => !isEmpty(entry)))
      refuse(place.stages, 'AWSCURRENT is on no version, and it is never taken away')
    for (const [label, { version, before }] of stages.labels) {
      if (!stages.versions.has(version)) refuse(place.stages, `${label} is on a version that is not listed`)
      if (before && (label !== AWSCURRENT || !stages.versions.has(before.version)))
        refuse(place.stages, `${label} was before on a version that is not listed`)
    }
    return stages
  }

  /** A version's document; `undefined` where stages.yaml lists no such version. */
  async version(
    { place, document: { arn, name }, stages }: Pick<Secret, 'place' | 'document' | 'stages'>,
    versionId: string
  ): Promise<VersionDocument | undefined> {
    const entry = stages.versions.get(versionId)
    if (!entry) return undefined
    const path = place.version(versionId)
    const document =
      (await readDocument(this.tree, 'version', path)) ?? refuse(path, 'missing, though stages.yaml lists it')
    if (digestOf(document) !== entry.digest) refuse(path, 'not the version that stages.yaml lists')
    if (document.secret !== arn || document.version !== versionId)
      refuse(path, 'it belongs to another secret or version')
    if (document.created !== entry.created) refuse(path, 'stages.yaml lists another date for it')
    if (document.key !== entry.key || document.signed.by !== entry.writer)
      refuse(path, 'stages.yaml lists another key or writer for it')
    const signer = this.#signer(document, path)
    this.#generation(document, path)
    const objection = encryptionFault(document, name, signer, this.access)
    if (objection !== undefined) refuse(path, objection)
    return document
  }

  /** Decrypts a version. Throws `DecryptionFailure` where the identity holds no key to it. */
  async value(
    { place }: Pick<Secret, 'place'>,
    document: VersionDocument,
    identity: Identity
  ): Promise<SecretValue> {
    const path = place.version(document.version)
    const generation = this.#generation(document, path)
    const generationSecret = await this.generationSecret(document.key, generation, identity)
    const value = openValue(document, this.access.vaultId, generation.publicKey, generationSecret)
    return value ?? refuse(path, 'the value does not decrypt')
  }

  /** What can be said against a version's ciphertext without a key to it. */
  checkSealed({ place }: Pick<Secret, 'place'>, document: VersionDocument): void {
    const path = place.version(document.version)
    const fault = sealFault(document)
    if (fault !== undefined) refuse(path, fault)
  }

  #generation({ key, recipient }: VersionDocument, path: string): Generation {
    const generations = this.access.keys.get(key)?.generations ?? []
    return (
      generations.find(other => other.recipient === recipient) ??
      refuse(path, `sealed to a generation of key ${key} that the log does not have`)
    )
  }

  /** Whose signature a document bears, for people. */
  memberName(keyId: string): string {
    return this.access.members.get(keyId)?.name ?? 'unknown'
  }

  /** A generation's key document. */
  async keyDocument(alias: string, generation: Generation): Promise<KeyDocument> {
    const path = this.place.key(alias, generation.number)
    const document = (await readDocument(this.tree, 'key', path)) ?? refuse(path, 'missing')
    this.#check(document, path, alias, [])
    const publicKey = decode(document.public, 32)
    if (document.key !== alias || document.generation !== generation.number)
      refuse(path, 'it belongs to another key or generation')
    if (!publicKey || !sodium.memcmp(publicKey, generation.publicKey))
      refuse(path, "its public key is not the access log's")
    return document
  }

  /** A generation's private key, 32 bytes. Throws `DecryptionFailure` where it is not sealed for the identity. */
  async generationSecret(alias: string, generation: Generation, identity: Identity): Promise<Uint8Array> {
    const path = this.place.key(alias, generation.number)
    return privateKeyIn(await this.keyDocument(alias, generation), generation, identity, path)
  }

  /** Who may add versions and no more has moved no label but onto versions of their own. */
  #checkMoves(document: StagesDocument, path: string, key: string, stages: Stages): void {
    const { by, access } = document.signed
    const signer = this.access.members.get(by)
    if (signer && mayWrite(signer, key, ['manage'], Number(access.entry))) return
    const label = unprovedLabel(stages, { access: this.access, secret: document.secret, key })
    if (label !== undefined)
      refuse(path, `signed by ${signer?.name}, who may not move ${label} to where it says it was moved`)
  }

  /** The signer held a right on the key, by a grant they knew of, at the newest log this clone knows. */
  #check(document: SignedDocument, path: string, alias: string, rights: readonly Right[]): void {
    const member = this.#signer(document, path)
    if (!mayWrite(member, alias, rights, Number(document.signed.access.entry))) {
      refuse(path, `signed by ${member.name}, who has no right to`)
    }
  }

  /** Whose signature it is: a member's, of any time. */
  #signer(document: SignedDocument, path: string): Member {
    const { by, access } = document.signed
    const member = this.access.members.get(by) ?? refuse(path, 'signed by nobody the access log knows')
    if (this.access.entries[Number(access.entry) - 1] !== access.hash) {
      refuse(path, 'it names an access log entry that is not in the log')
    }
    if (!verifyDocument(document, this.access.vaultId, member.signKey))
      refuse(path, 'the signature does not verify')
    const { time } = document.signed.change
    if (parseTime(time) === undefined) refuse(path, NO_DATE)
    return member
  }

  /** The secret whose own documents lie where the name says. */
  async #own(place: SecretPlace, name: string): Promise<Secret | undefined> {
    const secret = await this.secretAt(place)
    if (secret && secret.name !== name) refuse(place.secret, `it belongs to the secret ${secret.name}`)
    return secret
  }

  /**
   * The replica in a folder. replica.yaml is only a signpost that anybody may have put up: there is a replica where the
   * primary's secret.yaml says so.
   */
  async replica({ replica: path }: SecretPlace, name?: string): Promise<Secret | undefined> {
    const signpost = await readDocument(this.tree, 'replica', path)
    if (!signpost) return undefined
    if (this.place.secret(signpost.name).replica !== path || (name !== undefined && signpost.name !== name))
      refuse(path, `it belongs to the secret ${signpost.name}`)
    const home = this.inRegion(signpost.primary)
    const secret = present(await home.#own(home.place.secret(signpost.name), signpost.name), this.#now)
    const { replicas } = secret?.document ?? {}
    if (!secret || !replicas || !Object.hasOwn(replicas, this.region)) return undefined
    if (replicas[this.region]?.value === undefined) return undefined
    const { account } = this.access
    const suffix = secret.arn.slice(-6)
    const arn = formatArn({ region: this.region, account, name: secret.name, suffix })
    return { ...secret, arn, primary: signpost.primary }
  }

  /** The secret whose files lie in a folder, if it does not go back behind what this clone has seen. */
  async secretAt(place: SecretPlace): Promise<Secret | undefined> {
    const secret = await this.secretAtAnyAge(place)
    const refused = secret && (await this.seen.refusal(seenState(secret)))
    if (!refused) return secret
    // Between the two looks another process may have written, and remembered what it wrote: then the files are newer now.
    const again = await this.secretAtAnyAge(place)
    if (!again) return undefined
    if (sameState(again, secret)) throw rollbackRefusal(secret, refused)
    const still = await this.seen.refusal(seenState(again))
    if (still) throw rollbackRefusal(again, still)
    return again
  }
}

/** `undefined` where its recovery window has passed. */
function present(secret: Secret | undefined, now: Time): Secret | undefined {
  const date = secret?.document.deletion?.date
  return date !== undefined && date <= now ? undefined : secret
}

/**
 * The schema's pattern has no calendar.
 * @param times of the document, asked for once
 */
function refuseNoDates(document: SignedDocument, path: string, times: () => readonly Time[]): void {
  if (dated.has(document)) return
  if (!times().every(isTime)) refuse(path, NO_DATE)
  dated.add(document)
}

const dated = new WeakSet<SignedDocument>()
const NO_DATE = 'a time in it does not exist'

function refuse(path: string, why: string): never {
  throw new VaultError('DocumentRefused', `${path}: ${why}`)
}
