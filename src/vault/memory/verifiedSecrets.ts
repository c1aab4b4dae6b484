import { build } from '../../core/build.js'
import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { utf8 } from '../../core/format/canonical.js'
import type { Digest, Memory } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'

/** Facts about a secret whose documents this clone has accepted. */
export interface Verified {
  /** Of the record of `seen` that the secret's state was compared with. */
  readonly seen: string
  /** JSON that says what lists need of the secret. */
  readonly facts: string
}

/** Fewer are verified in less time than the file is written in. */
const LEAST_NEW = 16
/** The part of the file, as a divisor, that must be new before the file is written again. */
const NEW_PART = 64
/** After so many, lists of folders forget the rest: it may have changed often since the last whole list. */
const MOST = 100_000

/**
 * The secrets that this clone has verified, each by a digest of its path and of every byte of its two documents. So no time
 * stamp is trusted: if a byte differs, the documents are verified again. Valid under one access log, and for one build of this
 * program. A damaged file, or one of another state, is as good as none. An attacker who can write it can also replace the pin.
 */
export class VerifiedSecrets {
  readonly digest: Digest
  readonly #memory: Memory
  readonly #file: string
  readonly #under: string
  /** Each is a line of the file, parsed when it is asked for. */
  #lines: ReadonlyMap<string, string> = new Map()
  readonly #found = new Map<string, string>()
  #isNew = false
  #unsaved = 0

  private constructor(memory: Memory, digest: Digest, file: string, under: string) {
    this.digest = digest
    this.#memory = memory
    this.#file = file
    this.#under = under
  }

  /**
   * @param of the region, and all that the acceptance of documents depends on besides their own bytes and the states seen
   */
  static async open(
    memory: Memory,
    digest: Digest,
    of: { readonly region: string; readonly vaultId: string; readonly entry: string }
  ): Promise<VerifiedSecrets> {
    const file = `verified/${encode(hash(utf8(of.region)))}`
    const opened = new VerifiedSecrets(memory, digest, file, JSON.stringify([build, of]))
    opened.#lines = opened.#parse(await memory.read(file).catch(unlessFailed))
    return opened
  }

  /** For another list of this process: what is known by now, without reading the file again. */
  again(): VerifiedSecrets {
    const other = new VerifiedSecrets(this.#memory, this.digest, this.#file, this.#under)
    other.#lines = this.#lines
    other.#unsaved = this.#unsaved
    return other
  }

  /** How many were added that the file lacks. */
  get unsaved(): number {
    return this.#unsaved
  }

  find(id: string): Verified | undefined {
    const line = this.#lines.get(id)
    if (line === undefined) return undefined
    this.#found.set(id, line)
    const end = line.indexOf(' ')
    return { seen: line.slice(0, end), facts: line.slice(end + 1) }
  }

  add(id: string, { seen, facts }: Verified): void {
    this.#found.set(id, `${seen} ${facts}`)
    this.#isNew = true
    this.#unsaved += 1
  }

  /** Remembers what was added, if that is much. @param isWhole whether all secrets were looked for: the others are gone */
  async save(isWhole: boolean): Promise<void> {
    if (isWhole) this.#lines = this.#found
    else if (this.#isNew) this.#lines = this.#lines.size > MOST ? this.#found : this.#joined()
    if (this.#unsaved < Math.max(LEAST_NEW, this.#found.size / NEW_PART)) return
    this.#unsaved = 0
    const body = utf8([...this.#lines].map(([id, line]) => `${id} ${line}\n`).join(''))
    const header = utf8(`${this.#seal(body)}\n`)
    const bytes = new Uint8Array(header.length + body.length)
    bytes.set(header)
    bytes.set(body, header.length)
    await this.#memory.update(this.#file, () => bytes).catch(unlessFailed)
  }

  #joined(): ReadonlyMap<string, string> {
    return new Map([...this.#lines, ...this.#found])
  }

  #parse(bytes: Uint8Array | undefined): ReadonlyMap<string, string> {
    const end = bytes?.indexOf(NEWLINE) ?? -1
    if (!bytes || end < 0) return new Map()
    const body = bytes.subarray(end + 1)
    const decoder = new TextDecoder()
    if (decoder.decode(bytes.subarray(0, end)) !== this.#seal(body)) return new Map()
    const lines = decoder.decode(body).split('\n').slice(0, -1)
    return new Map(lines.map(line => [line.slice(0, ID), line.slice(ID + 1)]))
  }

  #seal(body: Uint8Array): string {
    return this.digest([utf8(this.#under), body])
  }
}

const NEWLINE = 10
/** Characters of a digest: 32 bytes in base64url. */
const ID = 43

/** Without the file, a list takes longer, and is the same. */
function unlessFailed(error: unknown): undefined {
  if (!(error instanceof VaultError && (error.code === 'FileFailed' || error.code === 'RepositoryBusy')))
    throw error
}
