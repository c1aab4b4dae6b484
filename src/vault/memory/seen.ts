import { utf8 } from '../../core/format/canonical.js'
import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import { compareSecret, culprit, labelGoneBack, type SeenSecret } from '../../core/versions/seen.js'
import { hash } from '../../core/sodium.js'

/** What this clone has seen of a name in one region, by branch. */
type Record = { [branch: string]: SeenSecret }

export interface Refusal {
  readonly age: 'older' | 'fork'
  readonly document: 'secret' | 'stages'
  /** Which label went back, where that is all that is wrong. */
  readonly label?: string
}

/** The newest serials that this clone has seen (FORMAT.md, "When a document is accepted", 5). */
export class Seen {
  readonly #memory: Memory
  readonly #branch: string | undefined
  /** What has been read of the files, for the length of one operation. */
  readonly #records = new Map<string, Record>()

  /** @param branch `undefined` on a detached HEAD, where any state may be looked at */
  constructor(memory: Memory, branch: string | undefined) {
    this.#memory = memory
    this.#branch = branch
  }

  /** Which document is behind what was seen, or contradicts it; `undefined` where `found` may be read. */
  async refusal(found: SeenSecret): Promise<Refusal | undefined> {
    const seen = await this.#seen(found)
    const age = seen ? compareSecret(found, seen) : 'newer'
    if (!seen) return undefined
    if (age === 'older' || age === 'fork') return { age, document: culprit(found, seen) }
    const isSame = found.arn === seen.arn
    const label = isSame && found.moves && seen.moves ? labelGoneBack(found.moves, seen.moves) : undefined
    return label === undefined ? undefined : { age: 'older', document: 'stages', label }
  }

  /** When the secret was created that this clone saw last under an ARN's name: one made anew has to be later. */
  async lastCreated(arn: string): Promise<string | undefined> {
    const branch = this.#branch
    if (branch === undefined) return undefined
    return parse(await this.#memory.read(file({ arn })))[branch]?.created
  }

  /** Remembers a state that counts, unless something newer is remembered by now. */
  async remember(state: SeenSecret): Promise<void> {
    const branch = this.#branch
    if (branch === undefined) return
    const isNewer = (seen: SeenSecret | undefined) => !seen || compareSecret(state, seen) === 'newer'
    if (!isNewer(await this.#seen(state))) return
    await this.#memory.update(file(state), present => {
      const record = parse(present)
      if (!isNewer(record[branch])) return undefined
      return utf8(JSON.stringify({ ...record, [branch]: state }))
    })
    this.#records.delete(file(state))
  }

  /** Takes an older state for the newest, because the user says so. */
  async accept(state: SeenSecret): Promise<void> {
    const branch = this.#branch
    if (branch === undefined) return
    await this.#memory.update(file(state), present =>
      utf8(JSON.stringify({ ...parse(present), [branch]: state }))
    )
    this.#records.delete(file(state))
  }

  async #seen(state: SeenSecret): Promise<SeenSecret | undefined> {
    if (this.#branch === undefined) return undefined
    const name = file(state)
    const record = this.#records.get(name) ?? parse(await this.#memory.read(name))
    this.#records.set(name, record)
    return Object.hasOwn(record, this.#branch) ? record[this.#branch] : undefined
  }
}

/** One for each name in each region: a secret that is made again has the same ARN but for its suffix. */
function file({ arn }: Pick<SeenSecret, 'arn'>): string {
  return `seen/${encode(hash(utf8(arn.slice(0, -7))))}`
}

function parse(bytes: Uint8Array | undefined): Record {
  if (!bytes) return {}
  const record = parseJson(bytes)
  if (isMap(record) && Object.values(record).every(isSeenSecret)) return record as Record
  throw new VaultError(
    'FileFailed',
    "a file under git-vault/seen in this repository's git directory is damaged",
    {
      hint: 'remove that folder: this clone then starts to remember anew'
    }
  )
}

/** `undefined` where it is not JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function isSeenSecret(state: unknown): boolean {
  return (
    isMap(state) &&
    typeof state['arn'] === 'string' &&
    typeof state['created'] === 'string' &&
    isSeenDocument(state['secret']) &&
    isSeenDocument(state['stages']) &&
    (state['moves'] === undefined || isSeenMoves(state['moves']))
  )
}

function isSeenMoves(moves: unknown): boolean {
  return (
    isMap(moves) &&
    isMap(moves['labels']) &&
    Object.values(moves['labels']).every(time => typeof time === 'string') &&
    (moves['forgotten'] === undefined || typeof moves['forgotten'] === 'string') &&
    (moves['current'] === undefined ||
      (Array.isArray(moves['current']) && moves['current'].every(isSeenMove)))
  )
}

function isSeenMove(move: unknown): boolean {
  return isMap(move) && typeof move['version'] === 'string' && typeof move['moved'] === 'string'
}

function isSeenDocument(document: unknown): boolean {
  return isMap(document) && typeof document['serial'] === 'string' && typeof document['digest'] === 'string'
}

function isMap(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
