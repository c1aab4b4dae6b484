import type { Change, Tree } from '../../core/ports.js'
import type { Chain } from './chain.js'
import type { ObjectEntry } from './fastImport.js'
import { planFiles } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import type { Outcomes, PendingWrite } from './pendingWrite.js'

/** The state on which a write is decided: `HeadTree` or `Chain`. */
interface State extends Tree {
  replacedFile(path: string): Promise<ObjectEntry | undefined>
}

type Decided = { readonly paths: ReadonlySet<string> } & (
  | { readonly error: unknown }
  | { readonly value: unknown; readonly change?: Change; readonly files: readonly PlannedFile[] }
)

/** The writes that added a commit to the chain, in its order, with their results. */
export type ChainedWrites = readonly { readonly write: PendingWrite; readonly value: unknown }[]

/**
 * Decides each pending write and adds its commit to the chain. First all writes are decided at once on the newest commit,
 * so that they do not wait for each other's reads. Then, in order, a write that has read a path changed by an earlier one
 * is decided again on the chain.
 * @param oidLength called only if there is something to plan
 */
export async function decideAll(
  pending: readonly PendingWrite[],
  head: State,
  chain: Chain,
  oidLength: () => Promise<number>
): Promise<{ outcomes: Outcomes; chained: ChainedWrites }> {
  const outcomes: Outcomes = new Map()
  const chained: { write: PendingWrite; value: unknown }[] = []
  const isShared = pending.length > 1
  const onHead = await Promise.all(pending.map(write => decide(write, head, oidLength, isShared)))
  for (const [at, write] of pending.entries()) {
    const first = onHead[at]!
    const decided = chain.touches(first.paths) ? await decide(write, chain, oidLength, isShared) : first
    if ('error' in decided) outcomes.set(write, { error: decided.error })
    else if (decided.change && decided.files.length > 0) {
      chain.add({ change: decided.change, files: decided.files })
      chained.push({ write, value: decided.value })
    } else outcomes.set(write, { committed: { value: decided.value } })
  }
  return { outcomes, chained }
}

/** @param isTraced notes the paths that are read. A large write, which is alone, reads many. */
async function decide(
  write: PendingWrite,
  state: State,
  oidLength: () => Promise<number>,
  isTraced: boolean
): Promise<Decided> {
  const paths = new Set<string>()
  const traced: State = {
    read(path, limit) {
      if (isTraced) paths.add(path)
      return state.read(path, limit)
    },
    replacedFile(path) {
      if (isTraced) paths.add(path)
      return state.replacedFile(path)
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
