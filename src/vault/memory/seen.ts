import { utf8 } from '../../core/format/canonical.js'
import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import {
  compareSecret,
  decidingDocument,
  rolledBackLabel,
  type SeenSecret
} from '../../core/versions/seen.js'
import { hash } from '../../core/sodium.js'

/** The newest state that this clone has seen of a name in one region, by branch. */
type SeenByBranch = { [branch: string]: SeenSecret }

export interface Refusal {
  readonly age: 'older' | 'fork'
  readonly document: 'secret' | 'stages'
  /** The label with an older move, if nothing else is wrong. */
  readonly label?: string
}

/** States that no tree may go back behind: see `Baseline`. */
interface Floor {
  stateOf(found: SeenSecret): Promise<SeenSecret | undefined>
}

/** The newest serials that this clone has seen (FORMAT.md, "When a document is accepted", 5). */
export class Seen {
  readonly #memory: Memory
  readonly #branch: string | undefined
  readonly #baseline: Floor | undefined
  /** The files that were read, for the length of one operation. */
  readonly #records = new Map<string, SeenByBranch>()

  /**
   * @param branch `undefined` on a detached HEAD, where any state may be read
   * @param baseline states that are refused to go back behind, on any branch and without one
   */
  constructor(memory: Memory, branch: string | undefined, baseline?: Floor) {
    this.#memory = memory
    this.#branch = branch
    this.#baseline = baseline
  }

  /** Names the document that is older than the one seen, or contradicts it. Returns `undefined` if `found` may be read. */
  async refusal(found: SeenSecret): Promise<Refusal | undefined> {
    return refusalBy(found, await this.#seen(found)) ?? refusalBy(found, await this.#baseline?.stateOf(found))
  }

  /** Returns the newest state that was seen of the secret with the name and region of an ARN. */
  async newest(arn: string): Promise<SeenSecret | undefined> {
    const branch = this.#branch
    if (branch === undefined) return undefined
    const record = parse(await this.#memory.read(file({ arn })))
    return Object.hasOwn(record, branch) ? record[branch] : undefined
  }

  /** Returns when the last seen secret of an ARN's name was created. One that is created again must be later. */
  async lastCreated(arn: string): Promise<string | undefined> {
    const branch = this.#branch
    if (branch === undefined) return undefined
    return parse(await this.#memory.read(file({ arn })))[branch]?.created
  }

  /** Remembers an accepted state, unless a newer one is already remembered. */
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

  /** Remembers a state as the newest, even if it is older. Only for an explicit order by the user. */
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

function refusalBy(found: SeenSecret, seen: SeenSecret | undefined): Refusal | undefined {
  if (!seen) return undefined
  const age = compareSecret(found, seen)
  if (age === 'older' || age === 'fork') return { age, document: decidingDocument(found, seen) }
  const isSame = found.arn === seen.arn
  const label = isSame && found.moves && seen.moves ? rolledBackLabel(found.moves, seen.moves) : undefined
  return label === undefined ? undefined : { age: 'older', document: 'stages', label }
}

/** One file for each name and region: only the ARN's suffix changes when a secret is created again. */
function file({ arn }: Pick<SeenSecret, 'arn'>): string {
  return `seen/${encode(hash(utf8(arn.slice(0, -7))))}`
}

function parse(bytes: Uint8Array | undefined): SeenByBranch {
  if (!bytes) return {}
  const record = parseJson(bytes)
  if (isMap(record) && Object.values(record).every(isSeenSecret)) return record as SeenByBranch
  throw new VaultError(
    'FileFailed',
    "a file under git-vault/seen in this repository's git directory is damaged",
    {
      hint: 'delete that folder; this clone then forgets which states it has seen'
    }
  )
}

/** Returns `undefined` if the bytes are not JSON. */
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
