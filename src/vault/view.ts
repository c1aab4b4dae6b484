import type { Access, Generation } from '../core/access/access.js'
import type { Identity } from '../core/crypto/identity.js'
import { openValue, type SecretValue } from '../core/crypto/seal.js'
import { noSecret } from '../core/errors.js'
import type { KeyDocument, SecretDocument, VersionDocument } from '../core/format/documents.js'
import type { Tree, WorkTree } from '../core/ports.js'
import { formatArn, parseSecretId, type SecretId } from '../core/service/name.js'
import { formatTime, parseTime, type Time } from '../core/time.js'
import { hasNoValue } from '../core/versions/stages.js'
import { Acceptance, type VersionOwner } from './documents/acceptance.js'
import { MERGE } from './documents/merged.js'
import { readDocument, type Place, type SecretPlace } from './documents/place.js'
import { privateKeyIn } from './documents/privateKey.js'
import { refuse, RESOLVE_HINT } from './documents/refusal.js'
import type { RestoredVersions } from './documents/restoredVersions.js'
import { signerManages } from './documents/signerManages.js'
import type { Unusable } from './documents/skipped.js'
import type { Seen } from './memory/seen.js'
import type { Secret, SecretResult } from './secret.js'
import { rollbackRefusal, sameState, seenState } from './memory/seenState.js'

export type { Secret, SecretResult }

export const MISSING_VERSION = 'missing, though stages.yaml lists it'

/** The regions that are searched for a secret of another one. AWS has fewer, but somebody may push any number of folders. */
const MOST_REGIONS = 100

/** The sources of a view besides its tree. */
interface Beside {
  /** Lists the folders of regions, which a commit's tree cannot. */
  readonly folders?: Pick<WorkTree, 'list'>
  /** Finds the files of versions that the tree lacks; for a write. */
  readonly restored?: RestoredVersions | undefined
  /** Returns the command that mends a missing document; for the work tree. */
  readonly missingHint?: (path: string) => Promise<string>
  /** Judges the documents in place of an `Acceptance`. */
  readonly acceptance?: ((access: Access, place: Place) => Acceptance) | undefined
}

/**
 * The secrets of one tree, in one region. Returns only accepted documents. Throws `DocumentRefused`, naming the file, for
 * any other (FORMAT.md, "When a document is accepted").
 */
export class View {
  readonly tree: Tree
  readonly place: Place
  readonly access: Access
  readonly seen: Seen
  readonly acceptance: Acceptance
  readonly #now: Time
  readonly #beside: Beside

  /**
   * @param place of the region that is asked
   * @param now milliseconds since the Unix epoch: a secret whose recovery window has ended by then does not exist
   */
  constructor(tree: Tree, place: Place, access: Access, seen: Seen, now: number, beside: Beside = {}) {
    this.tree = tree
    this.place = place
    this.access = access
    this.seen = seen
    this.acceptance = beside.acceptance?.(access, place) ?? new Acceptance(access, place)
    this.#now = formatTime(now)
    this.#beside = beside
  }

  get region(): string {
    return this.place.region ?? this.access.region
  }

  /** Returns the secret with that name or ARN. Throws ResourceNotFoundException, with the service's text. */
  async secret(secretId: string): Promise<Secret> {
    const id = parseSecretId(secretId)
    const isHere = id.kind === 'name' || (id.region === this.region && id.account === this.access.account)
    const secret = isHere ? await this.named(id.name) : undefined
    if (!secret || (id.kind === 'arn' && !secret.arn.endsWith(`-${id.suffix}`))) {
      const region = await this.#otherRegionOf(id)
      throw noSecret(region === undefined ? undefined : `it is in another region: pass --region ${region}`)
    }
    return secret
  }

  /** Returns another region that has the secret; `undefined` if there is none. */
  async #otherRegionOf(id: SecretId): Promise<string | undefined> {
    if (id.kind !== 'name' && (id.account !== this.access.account || id.region === this.region))
      return undefined
    for (const region of id.kind === 'name' ? await this.otherRegions() : [id.region]) {
      // a refused document is reported where it is asked for
      const secret = await this.inRegion(region)
        .named(id.name)
        .catch(() => undefined)
      if (secret && (id.kind !== 'arn' || secret.arn.endsWith(`-${id.suffix}`))) return region
    }
    return undefined
  }

  /** The vault's regions other than this one, the home region first, up to `MOST_REGIONS`. */
  async otherRegions(): Promise<string[]> {
    const { list }: Partial<WorkTree> = this.#beside.folders ?? this.tree
    // a folder that cannot be listed has no region that could be named
    const folders = (await list?.(`${this.place.folder}/regions`).catch(() => undefined)) ?? []
    const regions = [this.access.region, ...folders.map(({ name }) => name).sort()]
    return regions.filter(region => region !== this.region).slice(0, MOST_REGIONS)
  }

  /** The paths of the secret with that name or ARN, whether it exists or not. */
  placeOf(secretId: string): SecretPlace {
    const id = parseSecretId(secretId)
    return (id.kind === 'name' ? this : this.inRegion(id.region)).place.secret(id.name)
  }

  /** Returns the secret of that name, or `undefined` if there is none. */
  async named(name: string): Promise<Secret | undefined> {
    const place = this.place.secret(name)
    return this.#unlessExpired(await this.#own(place, name)) ?? this.replica(place, name)
  }

  /** Returns the secret of that name if its recovery window has ended and its files still exist. */
  async expired(name: string): Promise<Secret | undefined> {
    const secret = await this.#own(this.place.secret(name), name)
    return secret && this.isExpired(secret) ? secret : undefined
  }

  /**
   * Every secret, in no particular order. One that fails verification does not stop the others.
   * @param places the folders that hold one
   */
  async *all(places: AsyncIterable<SecretPlace | Unusable>): AsyncIterable<SecretResult> {
    for await (const place of places) {
      const result = 'problem' in place ? place : await this.resultAt(place)
      if (result) yield result
    }
  }

  /** The secret in a folder, its own or a replica; `undefined` if there is none, or its recovery window has ended. */
  async resultAt(place: SecretPlace): Promise<SecretResult | undefined> {
    try {
      const secret = this.#unlessExpired(await this.secretAt(place)) ?? (await this.replica(place))
      return secret && { secret }
    } catch (error) {
      return this.unusable(error, place.secret)
    }
  }

  /** Describes the error of the secret with that secret.yaml. Rethrows an error that concerns more than this secret. */
  async unusable(error: unknown, path: string): Promise<Unusable> {
    const { unusable } = await import('./documents/skipped.js')
    return unusable(error, path, this)
  }

  /** The same tree, in another of the vault's regions. */
  inRegion(region: string): View {
    const elsewhere = region === this.access.region ? undefined : region
    if (elsewhere === this.place.region) return this
    return this.#with(this.tree, this.place.inRegion(elsewhere))
  }

  /** The same view, of other files. */
  over(tree: Tree): View {
    return this.#with(tree, this.place)
  }

  #with(tree: Tree, place: Place): View {
    const now = parseTime(this.#now) ?? Number.NaN
    return new View(tree, place, this.access, this.seen, now, this.#beside)
  }

  /** Returns the secret in a folder. Throws `DocumentRefused` if it is older than what this clone has seen. */
  async secretAt(place: SecretPlace): Promise<Secret | undefined> {
    const secret = await this.secretAtAnyAge(place)
    const refused = secret && (await this.seen.refusal(seenState(secret)))
    if (!refused) return secret
    // Another process may have written, and remembered it, between the two reads: then the files are newer now.
    const again = await this.secretAtAnyAge(place)
    if (!again) return undefined
    if (sameState(again, secret)) throw rollbackRefusal(secret, refused)
    const still = await this.seen.refusal(seenState(again))
    if (still) throw rollbackRefusal(again, still)
    return again
  }

  /** Returns the secret in a folder, however old. */
  async secretAtAnyAge(place: SecretPlace): Promise<Secret | undefined> {
    const [document, stagesDocument] = await Promise.all([
      readDocument(this.tree, 'secret', place.secret),
      readDocument(this.tree, 'stages', place.stages)
    ])
    if (!document && !stagesDocument) return undefined
    if (!document || !stagesDocument) return this.missing(document ? place.stages : place.secret)
    const key = this.acceptance.secret(document, place)
    const { name, arn } = document
    const stages = this.acceptance.stages(stagesDocument, place, { arn, key })
    const manages = signerManages(stagesDocument, key.alias, this.access)
    return { name, arn, place, key, document, stagesDocument, stages, manages }
  }

  /**
   * Returns the replica in a folder. replica.yaml is an unsigned pointer that anybody who can push may have written. A
   * replica exists only if the primary's secret.yaml names this region.
   */
  async replica({ replica: path }: SecretPlace, name?: string): Promise<Secret | undefined> {
    const pointer = await readDocument(this.tree, 'replica', path)
    if (!pointer) return undefined
    if (this.place.secret(pointer.name).replica !== path || (name !== undefined && pointer.name !== name))
      refuse(path, `it belongs to the secret ${pointer.name}`)
    const home = this.inRegion(pointer.primary)
    const own = await home.#own(home.place.secret(pointer.name), pointer.name)
    const secret = this.#unlessExpired(own)
    const { replicas } = secret?.document ?? {}
    if (!secret || !replicas || !Object.hasOwn(replicas, this.region)) return undefined
    if (replicas[this.region]?.value === undefined) return undefined
    const { account } = this.access
    const suffix = secret.arn.slice(-6)
    const arn = formatArn({ region: this.region, account, name: secret.name, suffix })
    return { ...secret, arn, primary: pointer.primary }
  }

  /** Returns a version's document, or `undefined` if stages.yaml lists no such version, or an empty one. */
  async version(
    owner: VersionOwner & Partial<Pick<Secret, 'stagesDocument'>>,
    versionId: string
  ): Promise<VersionDocument | undefined> {
    const entry = owner.stages.versions.get(versionId)
    if (!entry || hasNoValue(entry)) return undefined
    const path = owner.place.version(versionId)
    const document =
      (await readDocument(this.tree, 'version', path)) ??
      (isMerged(owner) ? await this.#beside.restored?.document(path, entry.digest) : undefined) ??
      refuse(path, MISSING_VERSION, 'restore it from the history: git-vault doctor --fix')
    this.acceptance.version(document, versionId, owner)
    return document
  }

  /** Decrypts a version. Throws `DecryptionFailure` if the identity has no key to it. */
  async value(
    { place }: Pick<Secret, 'place'>,
    document: VersionDocument,
    identity: Identity
  ): Promise<SecretValue> {
    const path = place.version(document.version)
    const generation = this.acceptance.generation(document, path)
    const generationSecret = await this.generationSecret(document.key, generation, identity)
    const value = openValue(document, this.access.vaultId, generation.publicKey, generationSecret)
    return value ?? refuse(path, 'the value does not decrypt')
  }

  /** Returns a generation's key document. */
  async keyDocument(alias: string, generation: Generation): Promise<KeyDocument> {
    const path = this.place.key(alias, generation.number)
    const document = (await readDocument(this.tree, 'key', path)) ?? (await this.missing(path))
    this.acceptance.key(document, path, alias, generation)
    return document
  }

  /** Returns a generation's private key, 32 bytes. Throws `DecryptionFailure` if the identity is not a recipient. */
  async generationSecret(alias: string, generation: Generation, identity: Identity): Promise<Uint8Array> {
    const path = this.place.key(alias, generation.number)
    return privateKeyIn(await this.keyDocument(alias, generation), generation, identity, path, this.access)
  }

  /** Returns the name of the member with that key id, for people. */
  memberName(keyId: string): string {
    return this.access.members.get(keyId)?.name ?? 'unknown'
  }

  /** Throws `DocumentRefused` for a document that is missing, with the command that mends it. */
  readonly missing = async (path: string): Promise<never> =>
    refuse(path, 'missing', (await this.#beside.missingHint?.(path)) ?? RESOLVE_HINT)

  /** Whether the secret's recovery window has ended. */
  isExpired({ document: { deletion } }: { readonly document: Pick<SecretDocument, 'deletion'> }): boolean {
    return deletion?.date !== undefined && deletion.date <= this.#now
  }

  #unlessExpired(secret: Secret | undefined): Secret | undefined {
    return secret && this.isExpired(secret) ? undefined : secret
  }

  /** Returns the secret whose own documents are in the folder that its name determines. */
  async #own(place: SecretPlace, name: string): Promise<Secret | undefined> {
    const secret = await this.secretAt(place)
    if (secret && secret.name !== name) refuse(place.secret, `it belongs to the secret ${secret.name}`)
    return secret
  }
}

/** Whether a merge was the last write. Only then, a write puts back missing files, which git may have removed. */
function isMerged({ stagesDocument }: Partial<Pick<Secret, 'stagesDocument'>>): boolean {
  return stagesDocument?.signed.change.operation === MERGE
}
