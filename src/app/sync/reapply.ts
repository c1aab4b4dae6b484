import type { Place as GitPlace } from '../../system/git/place.js'
import { changedPaths, earlierTips } from '../../system/remote/history.js'
import type { Upstream } from '../../system/remote/upstream.js'
import type { Place } from '../../vault/documents/place.js'
import { pinnedTo } from '../../vault/memory/pin.js'
import { describeEntry } from '../../vault/merging/reapplyChange.js'
import { reapply, type Reapplied } from '../../vault/merging/reapply.js'
import { logHashes } from '../../vault/documents/readLog.js'
import { openForkedLogs, type ForkedLogs } from '../../vault/merging/reapplyTrunk.js'
import { EarlierStates } from '../../vault/sync/earlierStates.js'
import { verifiedThere, type LogHead } from '../../vault/sync/verifiedThere.js'
import type { Vault } from '../../vault/vault.js'
import type { Branches } from './mergeBranches.js'

/** Opens the logs of two branches that have both extended the access log. Throws `DocumentRefused` if theirs is replaced. */
export async function openFork(
  git: GitPlace,
  vault: Vault,
  place: Place,
  { ours, theirs }: Branches,
  upstream: Upstream
): Promise<ForkedLogs> {
  const { repository } = vault
  const verified: LogHead[] = []
  const published = new Map(await verifiedThere(repository.memory))
  const known = published.get(upstream.tracking)
  published.delete(upstream.tracking)
  if (known) verified.push(known)
  // what git has stored of the upstream counts only if it has become a part of this branch
  for (const tip of await earlierTips(git, upstream.tracking)) {
    if (tip === theirs || !(await repository.isAncestor(tip, ours))) continue
    const hashes = await logHashes(repository.treeOf(tip), place)
    verified.push({ entry: hashes.length, hash: hashes.at(-1) ?? '' })
    break
  }
  const trees = { ours: repository.treeOf(ours), theirs: repository.treeOf(theirs) }
  return openForkedLogs(vault, place, trees, { verified, published, upstream: upstream.name })
}

/** The vault as it would be opened by a clone that has pinned this log, which must be verified. */
export function under(vault: Vault, log: Uint8Array): Vault {
  const { repository } = vault
  return vault.over(repository.remembering(pinnedTo(repository.memory, log)))
}

interface ForkOptions {
  readonly logs: ForkedLogs
  readonly place: Place
  readonly upstream: string
  readonly acceptsDates: boolean | undefined
}

/** Merges two branches whose logs have forked: our own entries are made again after theirs. Commits nothing. */
export async function mergeFork(
  git: GitPlace,
  vault: Vault,
  { base, ours, theirs, branch }: Branches,
  { logs, place, upstream, acceptsDates }: ForkOptions
): Promise<Reapplied> {
  const { repository } = vault
  const trees = {
    base: repository.treeOf(base),
    ours: repository.treeOf(ours),
    theirs: repository.treeOf(theirs)
  }
  return reapply(vault, {
    ...{ logs, place, trees, branch, upstream, acceptsDates },
    changed: {
      ours: await changedPaths(git, base, ours, [place.folder]),
      between: await changedPaths(git, ours, theirs, [place.folder])
    },
    async *trunkFiles() {
      for await (const { path } of repository.files(theirs, place.folder)) yield path
    },
    earlier: view => {
      const earlier = {
        ours: new EarlierStates(repository, view, { base, tip: ours }),
        theirs: new EarlierStates(repository, view, { base, tip: theirs })
      }
      return (side, folder) => earlier[side].of(folder)
    }
  })
}

/** Describes our entries for a rehearsal. Nothing is signed, so no more is known. */
export function rehearsed({ own, forkedAt }: ForkedLogs): string[] {
  return own.log.entries
    .slice(forkedAt.entries.length)
    .map(({ entry, changes }) => `entry ${entry}: ${describeEntry(changes)}`)
}
