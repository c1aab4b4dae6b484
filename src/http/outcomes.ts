import { hash } from 'node:crypto'
import { VaultError, type ErrorCode } from '../core/errors.js'
import type { Tree } from '../core/ports.js'
import { findPlace } from '../vault/documents/place.js'
import type { Vault } from '../vault/vault.js'
import type { Need } from './authorize.js'
import type { Answer } from './message.js'

/** The content of files by path: a hash, or `undefined` if there is no file. */
export type State = ReadonlyMap<string, string | undefined>

/** What is recorded of a write while it runs. */
export interface WriteRecord {
  /** The permissions that it needs, once they are known. */
  needs?: readonly Need[]
  /** The files of its secret and the access log, as they were before. */
  before?: State
  /** The files that it wrote, if it changed anything. */
  written?: State
}

interface Outcome {
  readonly result: Answer | VaultError
  readonly needs: readonly Need[]
  readonly state: State
}

/** A request that is repeated is repeated within seconds. */
const MOST = 2_000
/** Bytes, more than any document of a vault has. */
const LONGEST_FILE = 1 << 26
/** These may be answered in another way though no file has changed. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['AccessDeniedException', 'ThrottlingException'])

/**
 * The outcomes of the newest writes, by their signature. If the same request arrives again while everything is as the
 * first one left it, repeating it would change nothing, so it gets the answer of the first.
 */
export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>()

  /** Runs a write and keeps its outcome. */
  async keep(id: string, run: (record: WriteRecord) => Promise<Answer>): Promise<Answer> {
    const record: WriteRecord = {}
    try {
      const answer = await run(record)
      this.#set(id, answer, record)
      return answer
    } catch (error) {
      const isLasting = error instanceof VaultError && error.isService && !PASSING.has(error.code)
      if (isLasting && error.code !== 'InternalServiceError') this.#set(id, error, record)
      throw error
    }
  }

  /**
   * Returns the first answer to the write, or throws its error, if nothing has changed since; else returns `undefined`.
   * @param authorize throws unless the caller still has the permissions
   */
  async repeat(
    id: string,
    tree: Tree,
    authorize: (needs: readonly Need[]) => void
  ): Promise<Answer | undefined> {
    const outcome = this.#outcomes.get(id)
    if (!outcome || !(await isCurrent(outcome.state, tree))) return undefined
    authorize(outcome.needs)
    if (outcome.result instanceof VaultError) throw outcome.result
    return outcome.result
  }

  #set(id: string, result: Answer | VaultError, { needs = [], before, written }: WriteRecord): void {
    // an error from before the vault was read does not depend on it
    const state =
      written ?? before ?? (result instanceof VaultError && needs.length === 0 ? new Map() : undefined)
    if (!state) return
    for (const oldest of this.#outcomes.keys()) {
      if (this.#outcomes.size < MOST) break
      this.#outcomes.delete(oldest)
    }
    this.#outcomes.set(id, { result, needs, state })
  }
}

/** The state of the files that a write of a secret depends on. */
export async function stateOf(vault: Vault, region: string | undefined, name: string): Promise<State> {
  const tree = vault.repository.workTree
  const place = (await findPlace(tree)).inRegion(region)
  const { secret, stages, replica } = place.secret(name)
  const paths = [place.access, secret, stages, replica]
  return new Map(await Promise.all(paths.map(async path => [path, await hashAt(path, tree)] as const)))
}

/** The state of the files that a write has changed. */
export function stateAfter(files: ReadonlyMap<string, Uint8Array | null>): State {
  return new Map([...files].map(([path, bytes]) => [path, bytes ? hash('sha256', bytes) : undefined]))
}

async function isCurrent(state: State, tree: Tree): Promise<boolean> {
  for (const [path, expected] of state) if ((await hashAt(path, tree)) !== expected) return false
  return true
}

async function hashAt(path: string, tree: Tree): Promise<string | undefined> {
  const bytes = await tree.read(path, LONGEST_FILE)
  return bytes && hash('sha256', bytes)
}
