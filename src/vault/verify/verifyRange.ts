import { VaultError } from '../../core/errors.js'
import { sodiumReady } from '../../core/sodium.js'
import { Findings, type Finding } from './findings.js'
import { HeldReports } from './heldReports.js'
import { findPlace, VAULTRC } from '../documents/place.js'
import { RangeCheck } from './rangeCheck.js'
import type { CommitReport } from './commitReport.js'
import { readLog } from '../documents/readLog.js'
import type { Vault } from '../vault.js'
import { trustedAccess } from './verify.js'
import { exists } from './verifySecret.js'

export interface RangeOptions {
  /** `A..B`: the commits that are in B and not in A. */
  readonly range: string
  /** The expected vault id, if this clone has pinned none and the identity carries none. */
  readonly root?: string
  readonly reportFinding: (finding: Finding) => Promise<void>
  /** Called for each commit that changes the vault, parents first, after the commit's findings. */
  readonly reportCommit: (commit: CommitReport) => Promise<void>
  /** Called after each commit with the number of commits so far. */
  readonly progress?: (commits: number) => void
}

export interface RangeVerified {
  /** The vault id. Absent if there is no trusted log. */
  readonly root?: string
  readonly from: string
  readonly to: string
  readonly commits: number
  readonly secrets: number
  readonly versions: number
  readonly problems: number
  readonly warnings: number
  /** Problems that a later commit of the range has mended. They are not counted as problems. */
  readonly mended: number
  /** How many of the problems `git-vault resolve` may mend. */
  readonly mendable: number
}

/**
 * Checks each commit of a range under its own access log. Reports what each commit did, who signed it, and who gained or
 * lost the right to read secrets. Checks only changed files, unless a member loses a right in the commit: then any document
 * may be refused. Throws `RootUnknown` if nothing says which root to trust.
 */
export async function verifyRange(vault: Vault, options: RangeOptions): Promise<RangeVerified> {
  await sodiumReady
  const { repository } = vault
  const [from, to] = await endsOf(vault, options.range)
  await vault.baseline?.requireIn(to)
  const reports = new HeldReports(options.reportFinding, options.reportCommit)
  let range: RangeCheck | undefined
  const findings = new Findings(async (finding, isMendable) =>
    range ? range.report(finding, isMendable) : reports.finding(finding)
  )
  const counts = { commits: 0, secrets: 0, versions: 0 }
  const result = () => {
    const { problems, warnings, mended } = findings
    return { from, to, ...counts, problems, warnings, mended, mendable: range?.mendable ?? 0 }
  }

  // The folder that the range begins with is the one that is checked. Only a range that creates the vault begins without.
  const first = (await exists(repository.treeOf(from), VAULTRC)) ? from : to
  findings.commit = first
  const place = await findings.check(VAULTRC, () => findPlace(repository.treeOf(first)))
  if (!place) return result()
  findings.commit = from
  const base = await findings.check(place.access, () => readLog(repository.treeOf(from), place))
  const trusted = (commit: string) => {
    findings.commit = commit
    return findings.check(place.access, () =>
      trustedAccess(vault, repository.treeOf(commit), place, options.root)
    )
  }
  const found = findings.problems === 0 ? await trusted(base ? from : to) : undefined
  if (!found) return result()

  if (!(await repository.isAncestor(from, to)))
    vault.notice(`${to} does not contain ${from}: commits are compared with their own history only`)
  const shallow = await repository.shallowCommits()
  range = new RangeCheck(vault, place, { from, base }, { findings, reports })
  try {
    for await (const commit of repository.range(from, to, [place.folder, VAULTRC])) {
      if (shallow.has(commit.commit)) throw cutOff(commit.commit)
      const report = await range.verify(commit)
      if (report) await reports.commit(report)
      Object.assign(counts, { commits: counts.commits + 1, ...range.checked })
      options.progress?.(counts.commits)
    }
    await range.end()
  } finally {
    await reports.end()
  }
  // the newest log, too, must match what this clone has verified
  const last = base && (await exists(repository.treeOf(to), place.access)) ? await trusted(to) : undefined
  if (last) await findings.check(place.access, async () => vault.baseline?.requireLog(place, last.access))
  return { root: found.access.vaultId, ...result() }
}

const cutOff = (commit: string): VaultError =>
  new VaultError(
    'RepositoryState',
    `cannot judge commit ${commit}: this clone is shallow, and lacks its parents`,
    {
      hint: 'git fetch --unshallow'
    }
  )

async function endsOf({ repository }: Vault, range: string): Promise<[from: string, to: string]> {
  const [, from, to] = /^(.+?)\.\.(.*)$/s.exec(range) ?? []
  if (from === undefined || to === undefined)
    throw new VaultError('Usage', `a range has the form A..B, not ${JSON.stringify(range)}`)
  if (to.startsWith('.'))
    throw new VaultError('Usage', 'A...B has two sides, and neither comes first: use A..B')
  return [await repository.commitId(from), await repository.commitId(to === '' ? 'HEAD' : to)]
}
