import { VaultError } from '../../core/errors.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import type { Finding } from '../../vault/verify/findings.js'
import { verifyRange } from '../../vault/verify/verifyRange.js'
import type { Vault } from '../../vault/vault.js'

interface Range {
  readonly from: string
  readonly to: string
  /** The commits, for people, such as `origin/main`. */
  readonly what: string
  /** What a problem has stopped, such as `nothing was pushed`. */
  readonly hint: string
  /** The commands that mend what a merge or a revert has left behind. */
  readonly mend: string
}

/**
 * Verifies each commit that is in `to` and not in `from`, at a cost in proportion to what they change. Returns what they do.
 * Throws `DocumentRefused` for the first problem.
 */
export async function checkRange(vault: Vault, range: Range): Promise<CommitReport[]> {
  const { reports, problems, isMendable } = await verified(vault, range)
  const { what, hint, mend } = range
  refuseFirst(problems, {
    what,
    hint: `${hint}; ${isMendable ? `mend it with: ${mend}` : `for details: ${detailsOf(range)}`}`
  })
  return reports
}

/**
 * Verifies commits that have come to this branch, and to its upstream, by git alone, such as `git pull`. Throws
 * `DocumentRefused` if all problems can be mended; otherwise tells the first one: to refuse would change nothing any more.
 */
export async function checkPulled(vault: Vault, range: Range): Promise<void> {
  const { problems, isMendable } = await verified(vault, range)
  const { what, hint, mend } = range
  if (isMendable) refuseFirst(problems, { what, hint: `${hint}; mend it with: ${mend}` })
  const text = firstOf(problems, what)
  if (text !== undefined) vault.notice(`${text}; for details: ${detailsOf(range)}`)
}

async function verified(vault: Vault, { from, to }: Range) {
  const reports: CommitReport[] = []
  const problems: Finding[] = []
  const { mendable } = await verifyRange(vault, {
    range: `${from}..${to}`,
    reportFinding: async finding => {
      if (finding.kind === 'problem') problems.push(finding)
    },
    reportCommit: async report => void reports.push(report)
  })
  return { reports, problems, isMendable: mendable > 0 && mendable === problems.length }
}

const detailsOf = ({ from, to }: Range): string =>
  `git-vault verify --range ${from.slice(0, 12)}..${to.slice(0, 12)}`

/** Throws `DocumentRefused` for the first of some problems, if there is one, with the number of the others. */
export function refuseFirst(
  problems: readonly Finding[],
  { what, hint }: { what: string; hint: string }
): void {
  const text = firstOf(problems, what)
  if (text !== undefined) throw new VaultError('DocumentRefused', text, { hint })
}

function firstOf(problems: readonly Finding[], what: string): string | undefined {
  // of a secret that goes back, its documents say more than the files of its versions
  const first = problems.find(({ path }) => !path.includes('/versions/')) ?? problems[0]
  if (first === undefined) return undefined
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  const commit = first.commit === undefined ? '' : `, commit ${first.commit.slice(0, 12)}`
  return `${what}${commit}: ${first.path}: ${first.reason}${more}`
}
