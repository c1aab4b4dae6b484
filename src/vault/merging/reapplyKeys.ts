import { mayWrite, readersOf, type Access, type Generation } from '../../core/access/access.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { sealTo } from '../../core/crypto/seal.js'
import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { digestOf, type KeyDocument } from '../../core/format/documents.js'
import { readDocument } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import type { Draft } from '../draft.js'
import { newGeneration } from '../team/generations.js'
import type { View } from '../view.js'

type GenerationChange = Extract<LogChange, { change: 'generation' }>

/** The generations and key documents of a vault whose access-log entries are made again after the trunk's. */
export class ReappliedKeys {
  readonly #draft: Draft
  readonly #own: View
  readonly #forkedAt: Access
  /** The private keys of new generations, by public key. */
  readonly #made = new Map<string, Uint8Array>()

  /**
   * @param draft on the trunk
   * @param own our own side, under its own log
   * @param forkedAt what both logs have in common
   */
  constructor(draft: Draft, own: View, forkedAt: Access) {
    this.#draft = draft
    this.#own = own
    this.#forkedAt = forkedAt
  }

  /**
   * Returns the generations that an entry adds when it is made again. A generation of our own side keeps its key pair and gets
   * the next number, unless a member could open it who has lost that right on the trunk. A rotated key always gets one.
   * @param added by our own entry
   * @param created the keys that the entry creates
   */
  async again(
    added: readonly GenerationChange[],
    rotated: ReadonlySet<string>,
    created: ReadonlySet<string>
  ): Promise<GenerationChange[]> {
    const changes: GenerationChange[] = []
    for (const change of added) {
      const { key } = change
      if (!created.has(key) && !(await this.#isClean(change))) continue
      changes.push({ ...change, generation: this.#next(key) })
    }
    for (const key of rotated) {
      if (changes.some(change => change.key === key)) continue
      const made = newGeneration(this.#draft, key)
      this.#made.set(made.change.public, made.secret)
      changes.push(made.change)
    }
    return changes
  }

  /** Writes the key documents that the log now needs. Returns the paths of documents that have no place any more. */
  async write(): Promise<string[]> {
    const { access, view } = this.#draft
    const paths = new Set<string>()
    for (const { alias, generations } of access.keys.values())
      for (const generation of generations) {
        paths.add(view.place.key(alias, generation.number))
        await this.#writeOne(alias, generation)
      }
    for (const secret of this.#made.values()) secret.fill(0)
    const stale: string[] = []
    for (const { alias, generations } of this.#own.access.keys.values())
      for (const { number } of generations) {
        const path = view.place.key(alias, number)
        if (!paths.has(path)) stale.push(path)
      }
    return stale
  }

  #next(key: string): string {
    return String((this.#draft.access.keys.get(key)?.generations.length ?? 0) + 1)
  }

  /** Whether nobody can open the generation who has lost the right to on the trunk. */
  async #isClean({ key, public: publicKey }: GenerationChange): Promise<boolean> {
    const generation = this.#own.access.keys
      .get(key)
      ?.generations.find(other => encode(other.publicKey) === publicKey)
    const document = generation && (await this.#document(this.#own, key, generation))
    if (!document) return false
    const { members: trunk, keys } = this.#draft.view.access
    // of a key that the trunk lacks, nobody can have lost the right there
    if (!keys.has(key)) return true
    return Object.keys(document.sealed).every(keyId => {
      const there = trunk.get(keyId)
      if (!there) return true
      const could = this.#forkedAt.members.get(keyId)?.rights.get(key)?.has('decrypt') ?? false
      return there.removed === undefined && (!could || (there.rights.get(key)?.has('decrypt') ?? false))
    })
  }

  async #writeOne(alias: string, generation: Generation): Promise<void> {
    const { access, view } = this.#draft
    const path = view.place.key(alias, generation.number)
    const there = view.access.keys.get(alias)?.generations.find(sameKey(generation))
    const ownGeneration = this.#own.access.keys.get(alias)?.generations.find(sameKey(generation))
    const trunk = there && (await this.#document(view, alias, there))
    // a trunk's document that is refused is not for us to mend
    if (there && !trunk) return
    const own = ownGeneration && (await this.#document(this.#own, alias, ownGeneration))
    const readers = readersOf(access, alias)
    if (readers.length === 0)
      throw new VaultError('Usage', `nobody would be left who can decrypt under key ${alias}`)
    const boxes = { ...own?.sealed, ...trunk?.sealed }
    const sealed: Record<string, string> = {}
    for (const { keyId } of readers) if (boxes[keyId] !== undefined) sealed[keyId] = boxes[keyId]
    const known = new Set(readersOf(view.access, alias).map(({ keyId }) => keyId))
    const missing = readers.filter(({ keyId }) => sealed[keyId] === undefined && !(trunk && known.has(keyId)))
    if (missing.length > 0) {
      const secret = await this.#secret(alias, generation, { there, ownGeneration })
      for (const { keyId, boxKey } of missing)
        sealed[keyId] = encode(sealTo(boxKey, secret, this.#draft.random.bytes(32)))
    }
    const beside = await this.#atPath(path)
    if (trunk && isEnough(trunk, sealed, access) && isNewest(trunk, beside)) return
    const replaced = [trunk, own, beside].reduce((a, b) => (serialOf(b) > serialOf(a) ? b : a))
    const fields = { key: alias, generation: generation.number, public: encode(generation.publicKey), sealed }
    this.#draft.putKey(fields, replaced)
  }

  async #secret(
    alias: string,
    generation: Generation,
    { there, ownGeneration }: { there: Generation | undefined; ownGeneration: Generation | undefined }
  ): Promise<Uint8Array> {
    const { identity, member, view } = this.#draft
    const made = this.#made.get(encode(generation.publicKey))
    if (made) return made
    try {
      if (there) return await view.generationSecret(alias, there, identity)
      if (ownGeneration) return await this.#own.generationSecret(alias, ownGeneration, identity)
    } catch (error) {
      if (!(error instanceof VaultError && error.code === 'DecryptionFailure')) throw error
    }
    throw new VaultError(
      'AccessDeniedException',
      `${member.name} cannot decrypt under key ${alias}, so cannot grant that right`
    )
  }

  /** The document at the path on our own side, whatever generation it is of. Its serial must not come again. */
  #atPath(path: string): Promise<KeyDocument | undefined> {
    return unlessRefused(() => readDocument(this.#own.tree, 'key', path))
  }

  #document(view: View, alias: string, generation: Generation): Promise<KeyDocument | undefined> {
    return unlessRefused(() => view.keyDocument(alias, generation))
  }
}

const sameKey =
  ({ recipient }: Generation) =>
  (other: Generation): boolean =>
    other.recipient === recipient

const serialOf = (document: KeyDocument | undefined): number => Number(document?.signed.serial ?? 0)

/** Whether the document has each box, and its signer may still sign it. */
function isEnough({ key, sealed, signed }: KeyDocument, wanted: object, { members }: Access): boolean {
  const signer = members.get(signed.by)
  return (
    Object.keys(wanted).every(keyId => Object.hasOwn(sealed, keyId)) &&
    signer !== undefined &&
    mayWrite(signer, key, [], Number(signed.access.entry))
  )
}

const isNewest = (document: KeyDocument, beside: KeyDocument | undefined): boolean =>
  !beside || digestOf(beside) === digestOf(document) || serialOf(document) > serialOf(beside)
