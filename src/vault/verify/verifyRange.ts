import { VaultError } from '../../core/errors.js'
import { sodiumReady } from '../../core/sodium.js'
import { Findings, type Report } from './findings.js'
import { findPlace, VAULTRC } from '../documents/place.js'
import { RangeCheck, type CommitReport } from './rangeCheck.js'
import { readLog } from './rangeLogs.js'
import type { Vault } from '../vault.js'
import { trustedAccess } from './verify.js'
import { isThere } from './verifySecret.js'

export interface RangeOptions {
  /** `A..B`: the commits that B has and A has not. */
  readonly range: string
  /** The vault id to expect, where this clone has none pinned and the identity carries none. */
  readonly root?: string
  readonly tell: Report
  /** Told of each commit that does something to the vault, parents first, after what was found in it. */
  readonly report: (commit: CommitReport) => Promise<void>
  /** Told after each commit how many it were. */
  readonly progress?: (commits: number) => void
}

export interface RangeVerified {
  /** The vault id; left out where there is no log to take it from. */
  readonly root?: string
  readonly from: string
  readonly to: string
  readonly commits: number
  readonly secrets: number
  readonly versions: number
  readonly problems: number
  readonly warnings: number
}

/**
 * Checks each commit of a range by itself: what it changes, as it has it, under the log that it has. Says what each did,
 * who signed that, and who may read what by it. Looks at what has changed alone, unless somebody loses a right by a
 * commit: that can make anything not count any more. Throws `RootUnknown` where nobody has said which root is right.
 */
export async function verifyRange(vault: Vault, options: RangeOptions): Promise<RangeVerified> {
  await sodiumReady
  const { repository } = vault
  const [from, to] = await endsOf(vault, options.range)
  const findings = new Findings(options.tell)
  const tally = { commits: 0, secrets: 0, versions: 0 }
  const counted = () => ({ from, to, ...tally, problems: findings.problems, warnings: findings.warnings })

  findings.commit = to
  const place = await findings.check(VAULTRC, () => findPlace(repository.treeOf(to)))
  if (!place) return counted()
  findings.commit = from
  const base = await findings.check(place.access, () => readLog(repository.treeOf(from), place))
  const trusted = (commit: string) => {
    findings.commit = commit
    return findings.check(place.access, () =>
      trustedAccess(vault, repository.treeOf(commit), place, options.root)
    )
  }
  const found = findings.problems === 0 ? await trusted(base ? from : to) : undefined
  if (!found) return counted()

  const range = new RangeCheck(vault, place, base, findings)
  for await (const commit of repository.range(from, to, [place.folder, VAULTRC])) {
    const report = await range.verify(commit)
    if (report) await options.report(report)
    Object.assign(tally, { commits: tally.commits + 1, ...range.looked })
    options.progress?.(tally.commits)
  }
  // once more against what this clone has verified
  if (base && (await isThere(repository.treeOf(to), place.access))) await trusted(to)
  return { root: found.access.vaultId, ...counted() }
}

async function endsOf({ repository }: Vault, range: string): Promise<[from: string, to: string]> {
  const [, from, to] = /^(.+?)\.\.(.*)$/s.exec(range) ?? []
  if (from === undefined || to === undefined)
    throw new VaultError('Usage', `a range is A..B, two commits, not ${JSON.stringify(range)}`)
  if (to.startsWith('.'))
    throw new VaultError('Usage', 'A...B has commits of two sides, and neither comes first: write A..B')
  return [await repository.commitId(from), await repository.commitId(to === '' ? 'HEAD' : to)]
}
