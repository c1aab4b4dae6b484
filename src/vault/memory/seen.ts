import { parseJson } from '../../core/format/parseJson.js'
import { utf8 } from '../../core/format/canonical.js'
import { encode } from '../../core/encoding.js'
import { keepLast } from '../../core/format/parseCache.js'
import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'
import { oneSpelling } from '../../core/partition.js'
import {
  compareSecret,
  decidingDocument,
  isPolicyRolledBack,
  remembered,
  rolledBackLabel,
  skippedSerials,
  type SeenSecret
} from '../../core/versions/seen.js'
import { hash } from '../../core/sodium.js'

/** The newest state that this clone has seen of a name in one region, by branch. */
type SeenByBranch = { [branch: string]: SeenSecret }

export interface Refusal {
  /** `ahead` if a serial is implausibly far after the one seen. */
  readonly age: 'older' | 'fork' | 'ahead'
  readonly document: 'secret' | 'stages'
  /** The label with an older move, if nothing else is wrong. */
  readonly label?: string
  /** Whether only the policy is older. */
  readonly isPolicy?: boolean
}

/** States that no tree may go back behind: see `Baseline`. */
interface Floor {
  stateOf(found: SeenSecret): Promise<SeenSecret | undefined>
}

const MAX_RECORDS = 1_000

/** The newest serials that this clone has seen (FORMAT.md, "When a document is accepted", 5). */
export class Seen {
  readonly #memory: Memory
  readonly #branch: string | undefined
  readonly #baseline: Floor | undefined
  /** The files that were read last, for the length of one operation. */
  readonly #records = new Map<string, { readonly bytes: Uint8Array | undefined; states?: SeenByBranch }>()

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

  /** Returns all that `refusal` depends on besides the state itself, for secrets with the name and region of an ARN. */
  async basis(arn: string): Promise<readonly (Uint8Array | undefined)[]> {
    if (this.#branch === undefined) return []
    return [utf8(this.#branch), (await this.#record({ arn })).bytes]
  }

  /** Returns the newest state that was seen of the secret with the name and region of an ARN. */
  async newest(arn: string): Promise<SeenSecret | undefined> {
    const branch = this.#branch
    if (branch === undefined) return undefined
    const record = parse(await this.#memory.read(file({ arn })), arn)
    return Object.hasOwn(record, branch) ? record[branch] : undefined
  }

  /** Returns when the last seen secret of an ARN's name was created. One that is created again must be later. */
  async lastCreated(arn: string): Promise<string | undefined> {
    const branch = this.#branch
    if (branch === undefined) return undefined
    return parse(await this.#memory.read(file({ arn })), arn)[branch]?.created
  }

  /** Remembers an accepted state, unless a newer one is already remembered. */
  async remember(state: SeenSecret): Promise<void> {
    const branch = this.#branch
    if (branch === undefined) return
    const isNewer = (seen: SeenSecret | undefined) => !seen || compareSecret(state, seen) === 'newer'
    if (!isNewer(await this.#seen(state))) return
    await this.#memory.update(file(state), present => {
      const record = parse(present, state.arn)
      const known = record[branch]
      if (!isNewer(known)) return undefined
      return utf8(JSON.stringify({ ...record, [branch]: remembered(state, known ? [known] : []) }))
    })
    this.#records.delete(file(state))
  }

  /**
   * Remembers a state as the newest, even if it is older, and replaces a damaged file. Only for an explicit order by the
   * user.
   */
  async accept(state: SeenSecret): Promise<void> {
    const branch = this.#branch
    if (branch === undefined) return
    await this.#memory.update(file(state), present =>
      utf8(JSON.stringify({ ...parseIntact(present), [branch]: remembered(state, []) }))
    )
    this.#records.delete(file(state))
  }

  async #seen(state: SeenSecret): Promise<SeenSecret | undefined> {
    if (this.#branch === undefined) return undefined
    const record = await this.#record(state)
    const states = (record.states ??= parse(record.bytes, state.arn))
    return Object.hasOwn(states, this.#branch) ? states[this.#branch] : undefined
  }

  async #record(of: Pick<SeenSecret, 'arn'>) {
    const name = file(of)
    const record = this.#records.get(name) ?? { bytes: await this.#memory.read(name) }
    keepLast(this.#records, MAX_RECORDS, name, record)
    return record
  }
}

/** For trees of any age, such as those of past commits: no state is older than what was seen. */
export const nothingSeen = (): Seen =>
  new Seen({ read: async () => undefined, update: async () => undefined }, undefined)

/** Returns the ARNs of the states in a file of the memory; `undefined` if the file is damaged. */
export function arnsSeen(bytes: Uint8Array | undefined): string[] | undefined {
  const record = parseIntact(bytes)
  return record && Object.values(record).map(({ arn }) => arn)
}

function refusalBy(found: SeenSecret, seen: SeenSecret | undefined): Refusal | undefined {
  if (!seen) return undefined
  const age = compareSecret(found, seen)
  if (age === 'older' || age === 'fork') return { age, document: decidingDocument(found, seen) }
  const skipped = skippedSerials(found, seen)
  if (skipped) return { age: 'ahead', document: skipped }
  const isSame = found.arn === seen.arn
  const label = isSame && found.moves && seen.moves ? rolledBackLabel(found.moves, seen.moves) : undefined
  if (label !== undefined) return { age: 'older', document: 'stages', label }
  return isPolicyRolledBack(found, seen) ? { age: 'older', document: 'secret', isPolicy: true } : undefined
}

/** One file for each name and region: only the ARN's suffix and partition change when a secret is created again. */
function file({ arn }: Pick<SeenSecret, 'arn'>): string {
  return `seen/${encode(hash(utf8(oneSpelling(arn).slice(0, -7))))}`
}

/** @param arn of the secret: only this one cannot be read if the file is damaged */
function parse(bytes: Uint8Array | undefined, arn: string): SeenByBranch {
  const record = parseIntact(bytes)
  if (record) return record
  const name = file({ arn })
  throw new VaultError(
    'FileFailed',
    `git-vault/${name} in this repository's git directory is damaged: it has what this clone has seen of ${arn.replace(/^.*:secret:(.*)-.{6}$/, '$1')}`,
    { hint: `git-vault trust ${arn}` }
  )
}

/** Returns `undefined` if the bytes are damaged. */
function parseIntact(bytes: Uint8Array | undefined): SeenByBranch | undefined {
  if (!bytes) return {}
  const record = parseJson(bytes)
  return isMap(record) && Object.values(record).every(isSeenSecret) ? (record as SeenByBranch) : undefined
}

function isSeenSecret(state: unknown): boolean {
  return (
    isMap(state) &&
    typeof state['arn'] === 'string' &&
    typeof state['created'] === 'string' &&
    isSeenDocument(state['secret']) &&
    isSeenDocument(state['stages']) &&
    (state['moves'] === undefined || isSeenMoves(state['moves'])) &&
    (state['policy'] === undefined || typeof state['policy'] === 'string')
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
