import type { Change, Tree } from '../../core/ports.js'
import type { Chain } from './chain.js'
import type { ObjectEntry } from './fastImport.js'
import { planFiles } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import type { Outcomes, PendingWrite } from './pendingWrite.js'

/** A state to decide on: what it holds, and what a write of a path would replace. */
interface State extends Tree {
  replaced(path: string): Promise<ObjectEntry | undefined>
}

type Decided = { readonly paths: ReadonlySet<string> } & (
  | { readonly error: unknown }
  | { readonly value: unknown; readonly change?: Change; readonly files: readonly PlannedFile[] }
)

/** Those who add a commit to a chain, in its order, with what they are to be answered. */
export type ChainedWrites = readonly { readonly write: PendingWrite; readonly value: unknown }[]

/**
 * Has each who waits decide, and puts the commits on the chain. All decide on the newest commit at once, so that none
 * waits while another waits for git; then, in turn, whoever has looked at a path that one before them changes decides
 * again, on the chain.
 * @param oidLength asked once there is something to plan
 */
export async function decideAll(
  pending: readonly PendingWrite[],
  head: State,
  chain: Chain,
  oidLength: () => Promise<number>
): Promise<{ outcomes: Outcomes; chained: ChainedWrites }> {
  const outcomes: Outcomes = new Map()
  const chained: { write: PendingWrite; value: unknown }[] = []
  const first = await Promise.all(pending.map(write => decide(write, head, oidLength)))
  for (const [at, write] of pending.entries()) {
    const before = first[at]!
    const decided = chain.touches(before.paths) ? await decide(write, chain, oidLength) : before
    if ('error' in decided) outcomes.set(write, { error: decided.error })
    else if (decided.change && decided.files.length > 0) {
      chain.add({ change: decided.change, files: decided.files })
      chained.push({ write, value: decided.value })
    } else outcomes.set(write, { committed: { value: decided.value } })
  }
  return { outcomes, chained }
}

async function decide(write: PendingWrite, on: State, oidLength: () => Promise<number>): Promise<Decided> {
  const paths = new Set<string>()
  const traced: State = {
    read(path, limit) {
      paths.add(path)
      return on.read(path, limit)
    },
    replaced(path) {
      paths.add(path)
      return on.replaced(path)
    }
  }
  try {
    const { change, value } = await write.decide(traced)
    if (!change) return { paths, value, files: [] }
    return { paths, value, change, files: await planFiles(change, traced, await oidLength()) }
  } catch (error) {
    return { paths, error }
  }
}
